// What the server told this page at its start: who is logged in, the language, the token for changing requests.

export const boot = JSON.parse(document.body.dataset.boot);

/** Whether the person has one of these roles. */
export const isRole = (...roles) => roles.includes(boot.role);
