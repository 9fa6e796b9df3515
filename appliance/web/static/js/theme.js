// Applies the chosen looks before anything is drawn (a plain script in the head, so that nothing flashes).

const theme = localStorage.getItem("theme");
if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
