<!doctype html>
<html lang="{{language}}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{{t("login.title")}} · Switchroom</title>
  <link rel="icon" href="{{static}}/icon.svg">
  <link rel="stylesheet" href="{{static}}/css/tokens.css">
  <link rel="stylesheet" href="{{static}}/css/base.css">
  <link rel="stylesheet" href="{{static}}/css/controls.css">
  <link rel="stylesheet" href="{{static}}/css/shell.css">
  <script src="{{static}}/js/theme.js"></script>
</head>
<body class="outside">
  <main class="sheet">
    <p class="brand"><img src="{{static}}/icon.svg" alt="" width="26" height="26"><span>Switchroom</span></p>
    <h1>{{t("login.title")}}</h1>
    % if problem:
    <p class="box" role="alert">{{problem}}</p>
    % elif notice:
    <p class="box calm" role="status">{{notice}}</p>
    % end
    <form method="post" action="/login">
      <input type="hidden" name="csrf" value="{{csrf}}">
      <input type="hidden" name="next" value="{{next}}">
      <label>{{t("login.user")}}
        <input name="user" value="{{user}}" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="64" required {{"" if user else "autofocus"}}></label>
      <label>{{t("login.password")}}
        <input name="password" type="password" autocomplete="current-password" maxlength="256" required {{"autofocus" if user else ""}}></label>
      <button class="action main">{{t("login.submit")}}</button>
    </form>
    <nav aria-label="{{t("account.language")}}">
      % for code, name in languages.items():
      <a href="/login?lang={{code}}" lang="{{code}}" hreflang="{{code}}" {{!'aria-current="true"' if code == language else ""}}>{{name}}</a>
      % end
    </nav>
  </main>
</body>
</html>
