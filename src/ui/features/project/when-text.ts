/** When a session was used, as people say it: by the clock today, by the day this year. Pure; `now` comes in. */
export function whenText(usedAt: number, now: number): string {
  const [then, today] = [new Date(usedAt), new Date(now)];
  if (usedAt <= 0) return 'earlier';
  const clock = `${String(then.getHours()).padStart(2, '0')}:${String(then.getMinutes()).padStart(2, '0')}`;
  const dayOf = (d: Date) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();
  const days = Math.round((dayOf(today) - dayOf(then)) / 86_400_000);
  if (days === 0) return `today ${clock}`;
  if (days === 1) return `yesterday ${clock}`;
  const month = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][then.getMonth()] ?? '';
  const date = `${then.getDate()} ${month}`;
  return then.getFullYear() === today.getFullYear() ? `${date} ${clock}` : `${date} ${then.getFullYear()}`;
}
