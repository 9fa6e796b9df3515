<!doctype html>
<html lang="{{language}}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Switchroom</title>
  % if static:
  <link rel="icon" href="{{static}}/icon.svg">
  % for sheet in ("tokens", "base", "controls", "shell"):
  <link rel="stylesheet" href="{{static}}/css/{{sheet}}.css">
  % end
  <script src="{{static}}/js/theme.js"></script>
  % end
</head>
<body class="outside">
  <main class="sheet">
    <p class="brand"><span>Switchroom</span></p>
    <h1>{{text}}</h1>
    <p><a class="action" href="/">{{back}}</a></p>
  </main>
</body>
</html>
