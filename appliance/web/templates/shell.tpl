<!doctype html>
<html lang="{{language}}">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Switchroom</title>
  <link rel="icon" href="{{static}}/icon.svg">
  % for sheet in ("tokens", "base", "controls", "shell", "panel", "card", "pages", "admin"):
  <link rel="stylesheet" href="{{static}}/css/{{sheet}}.css">
  % end
  % for module in modules:
  <link rel="modulepreload" href="{{static}}/{{module}}">
  % end
  <link rel="preload" as="fetch" crossorigin="anonymous" href="{{static}}/lang/{{language}}.json">
  <script src="{{static}}/js/theme.js"></script>
  <script type="module" src="{{static}}/js/app.js"></script>
</head>
<body data-boot="{{boot}}">
  <div id="app"></div>
  <noscript><p class="banner">{{no_script}}</p></noscript>
</body>
</html>
