/* The set-up page: the browser knows the time zone better than our default. What somebody typed stays. */

const field = document.getElementById("id_time_zone")
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
if (field && zone && field.value === field.defaultValue && field.value === "UTC" && document.querySelector(`#zones option[value="${CSS.escape(zone)}"]`)) field.value = zone
