/* Holdfast: the one script. Every page works without it; this adds speed and comfort.
   No inline handlers, no eval, no style attributes: it runs under script-src 'self'; style-src 'self'.
   Behaviour hangs on data- attributes, so what htmx brings gets it for free (events are delegated). */
(() => {
  const $ = (sel, root = document) => root.querySelector(sel);
  const $$ = (sel, root = document) => [...root.querySelectorAll(sel)];
  const on = (type, sel, fn, opt) => document.addEventListener(type, (e) => {
    const hit = e.target.closest?.(sel);
    if (hit) fn(e, hit);
  }, opt);
  const typing = (el) => el?.closest?.('input:not([type="checkbox"], [type="radio"]), textarea, select, [contenteditable]');

  /* Every request of htmx proves that it comes from a page of ours. */
  document.addEventListener('htmx:config:request', (e) => {
    e.detail.ctx.request.headers['X-CSRF-Token'] = $('meta[name="csrf-token"]')?.content ?? '';
  });

  /* Theme: the form saves the choice with the account; here it also shows at once, without a new page. */
  on('submit', 'form[data-themes]', (e, form) => {
    const fields = new FormData(form, e.submitter), theme = fields.get('theme');
    e.preventDefault();
    fetch(form.action, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' });
    if (theme === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    $$('form[data-themes] button').forEach((b) => b.setAttribute('aria-pressed', b.value === theme));
    form.closest('[popover]')?.hidePopover();
  });

  /* A form on its way says so and does not go twice. A download leaves its page as it is, so it may go again. */
  const PATIENCE_MS = 10000; // Then one may try again: the answer may never come.
  const arrived = (form) => {
    delete form.dataset.sent;
    $$('[aria-busy]', form).forEach((b) => b.removeAttribute('aria-busy'));
  };
  on('submit', 'form[method="post"]:not([data-download])', (e, form) => {
    if (e.defaultPrevented) return;
    if ('sent' in form.dataset) { e.preventDefault(); return; }
    form.dataset.sent = '';
    e.submitter?.setAttribute('aria-busy', 'true');
    setTimeout(arrived, PATIENCE_MS, form);
  });
  window.addEventListener('pageshow', () => $$('form[data-sent]').forEach(arrived)); // The way back shows the page as it was left.

  /* Dialogs: <button command="show-modal" commandfor="id"> is native; this covers older browsers. */
  if (!('commandForElement' in HTMLButtonElement.prototype)) {
    on('click', 'button[commandfor]', (e, b) => {
      const target = document.getElementById(b.getAttribute('commandfor'));
      if (b.getAttribute('command') === 'show-modal') target.showModal(); else target.close();
    });
  }
  // A link that leads to a page of its own, and here opens the dialog that does the same.
  on('click', 'a[data-opens]', (e, link) => {
    const dialog = document.getElementById(link.dataset.opens);
    if (!dialog || e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    dialog.showModal();
  });
  // A dialog that arrives from the server with data-open is shown at once, and removed when closed.
  const openArrived = () => $$('dialog[data-open]:not([open])').forEach((d) => {
    d.showModal();
    d.addEventListener('close', () => d.remove(), { once: true });
  });
  on('click', 'dialog', (e, d) => { if (e.target === d && d.dataset.dismiss !== 'no') d.close(); });

  /* Toasts. The server sends HX-Trigger: {"toast": {"text": "...", "undo": "/url"}}, or prints one in the page. */
  const TOAST_MS = 6000;
  const fade = (box) => {
    let timer = setTimeout(() => box.remove(), TOAST_MS);
    const wait = () => clearTimeout(timer); // never take away something in use
    const again = () => { wait(); timer = setTimeout(() => box.remove(), TOAST_MS); };
    box.addEventListener('pointerenter', wait);
    box.addEventListener('focusin', wait);
    box.addEventListener('pointerleave', again);
    box.addEventListener('focusout', again);
  };
  const toast = ({ text, kind = 'kept', undo }) => {
    const box = $(`#toast-${kind}`)?.content.cloneNode(true).firstElementChild; // <template id="toast-kept|toast-broken">
    if (!box) return;
    $('span', box).textContent = text;
    if (undo) box.append(Object.assign(document.createElement('button'), { type: 'button', textContent: 'Undo', onclick: () => { window.htmx?.ajax('POST', undo); box.remove(); } }));
    $('.toasts')?.append(box);
    fade(box);
  };
  document.addEventListener('toast', (e) => toast(e.detail));
  $$('[data-fleeting]').forEach(fade);
  // The word in the address that brought the toast has done its work; a reload should not say it again.
  const here = new URL(location);
  if (here.searchParams.has('done')) {
    here.searchParams.delete('done');
    history.replaceState(history.state, '', here);
  }

  /* Copy and reveal */
  on('click', '[data-copy]', async (e, b) => {
    try {
      await navigator.clipboard.writeText(b.dataset.copy);
      toast({ text: 'Copied to the clipboard' });
    } catch {
      toast({ text: 'This browser does not let pages copy. Select the text and copy it yourself.', kind: 'broken' });
    }
  });
  on('click', '[data-print]', (e, b) => {
    b.closest('[popover]')?.hidePopover();
    window.print();
  });
  const show = (box, shown) => {
    if (box.type) { box.type = shown ? 'text' : 'password'; return; }
    const code = $('code', box);
    box.dataset.value ??= code.textContent;
    box.classList.toggle('hidden-value', !shown);
    code.textContent = shown ? box.dataset.value : '••••••••••••••••';
  };
  on('click', '[data-reveal]', (e, b) => {
    const shown = b.getAttribute('aria-pressed') !== 'true';
    b.setAttribute('aria-pressed', shown);
    show(document.getElementById(b.dataset.reveal), shown);
  });
  const cover = (root) => $$('[data-cover]', root).forEach((box) => {
    box.removeAttribute('data-cover');
    show(box, false);
    $('[data-reveal]', box)?.setAttribute('aria-pressed', 'false');
  });

  /* Table selection. The bulk bar itself is shown by CSS (:has(:checked)); we count and keep "select all" honest. */
  on('change', '.table-card input[type="checkbox"]', (e, box) => {
    const card = box.closest('.table-card'), all = $('[data-select-all]', card), rows = $$('tbody .tick input', card);
    if (box === all) rows.forEach((r) => { r.checked = all.checked; });
    const n = rows.filter((r) => r.checked).length;
    if (all) { all.checked = n === rows.length; all.indeterminate = n > 0 && n < rows.length; }
    const out = $('.bulk output', card);
    if (out) out.textContent = `${n} selected`;
  });
  on('click', '[data-clear-selection]', (e, b) => {
    const card = b.closest('.table-card');
    $$('input[type="checkbox"]', card).forEach((c) => { c.checked = c.indeterminate = false; });
    $('[data-select-all]', card)?.focus();
  });

  /* File drop: the input does the work; we show what was chosen */
  on('dragover', '.file-drop', (e, d) => d.classList.add('over'));
  on('dragleave', '.file-drop', (e, d) => d.classList.remove('over'));
  on('drop', '.file-drop', (e, d) => d.classList.remove('over'));
  on('change', '.file-drop input', (e, input) => {
    const out = $('output', input.closest('.file-drop'));
    if (out) out.textContent = [...input.files].map((f) => `${f.name} (${Math.ceil(f.size / 1000)} KB)`).join(', ');
  });

  /* Attachments: each file goes by itself and shows how far it is; the answer is the list with it. Without this the form sends all. */
  const attach = (form, file) => new Promise((done) => {
    const line = $('template', form).content.cloneNode(true).firstElementChild, bar = $('progress', line);
    $('.title', line).textContent = file.name;
    bar.setAttribute('aria-label', file.name);
    $('.sending', form).append(line);
    const fail = (text) => {
      bar.remove();
      Object.assign($('.error', line), { hidden: false, textContent: text });
      line.dataset.failed = '';
      done(null);
    };
    if (file.size > Number(form.dataset.most)) { fail(form.dataset.tooLarge); return; }
    const body = new FormData(), sending = new XMLHttpRequest();
    body.append('_csrf', form.elements._csrf.value);
    body.append('file', file);
    sending.open('POST', form.action);
    sending.setRequestHeader('HX-Request', 'true');
    sending.upload.onprogress = (e) => { bar.max = e.total; bar.value = e.loaded; };
    sending.onerror = () => fail(form.dataset.cut);
    sending.onload = () => {
      const elsewhere = sending.getResponseHeader('HX-Redirect');
      if (elsewhere) { location.href = elsewhere; return; }
      const page = new DOMParser().parseFromString(sending.responseText, 'text/html');
      if (sending.status !== 200) { fail(($('.error-summary li', page) ?? $('h1 + p', page))?.textContent ?? form.dataset.cut); return; }
      line.remove();
      done($('#files', page));
    };
    sending.send(body);
  });
  on('change', 'form[data-uploads] input[type="file"]', async (e, input) => {
    const form = input.form, chosen = [...input.files];
    input.value = '';
    let card = null;
    for (const file of chosen) card = await attach(form, file) ?? card;
    if (!card) return;
    $('.sending', card).append(...$$('[data-failed]', form));
    form.closest('#files').replaceWith(card);
    card.focus({ preventScroll: true });
    tidyUploads();
  });
  // Choosing sends, so the button is for those without this script.
  const tidyUploads = () => $$('form[data-uploads] > button').forEach((b) => { b.hidden = true; });
  tidyUploads();

  /* A form of choices that applies itself: filters and sort orders. Its button is for those without this script. */
  on('change', 'form[data-auto-submit]', (e, form) => form.requestSubmit());

  /* Search: Ctrl/Cmd+K. A listbox driven from its input (aria-activedescendant); the server answers with the options. */
  const palette = $('#palette');
  if (palette) {
    const input = $('input', palette), options = () => $$('[role="option"]', palette);
    let at = 0;
    const mark = (n) => {
      const list = options();
      input.setAttribute('aria-expanded', list.length > 0);
      if (!list.length) { input.removeAttribute('aria-activedescendant'); return; }
      at = (n + list.length) % list.length;
      list.forEach((o, i) => { o.id ||= `option-${i}`; o.setAttribute('aria-selected', i === at); });
      input.setAttribute('aria-activedescendant', list[at].id);
      list[at].scrollIntoView({ block: 'nearest' });
    };
    const go = (option) => { if (option?.dataset.href) { palette.close(); location.href = option.dataset.href; } };
    // Emptied when it closes: what is typed while it opens is kept.
    palette.addEventListener('close', () => { input.value = ''; });
    palette.addEventListener('toggle', () => {
      if (!palette.open) return;
      input.focus();
      input.dispatchEvent(new Event('opened'));
    });
    palette.addEventListener('htmx:after:swap', () => mark(0));
    input.addEventListener('keydown', (e) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[e.key];
      if (step) { e.preventDefault(); mark(at + step); }
      // Without an option the form sends the words to the search page.
      if (e.key === 'Enter' && options().length) { e.preventDefault(); go(options()[at]); }
    });
    on('click', '#palette [role="option"]', (e, o) => go(o));
  }

  /* Offers: members after an @ in a text box, records in a field that names one. ARIA has no combobox of several lines,
     so the former is a text box with a list that it controls; aria-activedescendant says where one is, and the status
     line how many there are. In a field of one line nothing is chosen at first: Enter sends the form, as it always does. */
  const AFTER_AT = /(?:^|[^\p{L}\p{N}.+_-])@([\p{L}\p{N}.+_-]{0,40}(?: [\p{L}\p{N}.'-]{1,40}){0,2})$/u;
  const ASK_MS = 120;
  const offer = { box: null, list: null, at: -1, asked: 0, timer: 0 };
  const OFFERS = {
    mentions: {
      typed: (box) => box.value.slice(0, box.selectionStart).match(AFTER_AT)?.[1],
      url: (box, typed) => `${box.dataset.mentions}&q=${encodeURIComponent(typed)}`,
      take: (box, text) => { const end = box.selectionStart; box.setRangeText(`${text} `, end - (OFFERS.mentions.typed(box) ?? '').length, end, 'end'); },
      label: 'Members', one: 'member', many: 'members', first: 0,
    },
    suggests: {
      typed: (box) => (box.value.trim().length > 1 ? box.value.trim() : undefined),
      url: (box, typed) => `${palette.querySelector('form').action}/suggestions?object=${box.dataset.suggests}&is_numbered=${'numbered' in box.dataset}&q=${encodeURIComponent(typed)}`,
      take: (box, text) => { box.value = text; box.dispatchEvent(new Event('change', { bubbles: true })); },
      label: 'Suggestions', one: 'suggestion', many: 'suggestions', first: -1,
    },
  };
  const offerOf = (box) => OFFERS['mentions' in box.dataset ? 'mentions' : 'suggests'];
  const withdraw = () => {
    offer.asked += 1;
    clearTimeout(offer.timer);
    offer.list?.remove();
    ['aria-controls', 'aria-activedescendant', 'aria-autocomplete', 'aria-haspopup'].forEach((name) => offer.box?.removeAttribute(name));
    offer.box?.hasAttribute('aria-expanded') && offer.box.setAttribute('aria-expanded', 'false');
    offer.box = offer.list = null;
  };
  const point = (n) => {
    const options = [...offer.list.children];
    offer.at = (n + options.length) % options.length;
    options.forEach((option, i) => option.setAttribute('aria-selected', i === offer.at));
    offer.box.setAttribute('aria-activedescendant', options[offer.at].id);
  };
  const take = (option) => {
    const { box } = offer;
    offerOf(box).take(box, option.dataset.insert);
    withdraw();
    box.focus();
  };
  const propose = async (box) => {
    const kind = offerOf(box), typed = kind.typed(box), asked = ++offer.asked;
    const answer = await fetch(kind.url(box, typed), { redirect: 'manual' }).catch(() => null);
    const html = answer?.ok ? await answer.text() : '';
    if (asked !== offer.asked) return; // More was typed meanwhile.
    withdraw();
    const list = Object.assign(document.createElement('ul'), { id: 'offer-list', className: 'offer-list', innerHTML: html });
    if (!list.children.length || document.activeElement !== box) return;
    list.setAttribute('role', 'listbox');
    list.setAttribute('aria-label', kind.label);
    [...list.children].forEach((option, i) => { option.id = `offer-${i}`; });
    box.after(list);
    Object.entries({ 'aria-controls': list.id, 'aria-autocomplete': 'list', 'aria-haspopup': 'listbox' }).forEach(([name, value]) => box.setAttribute(name, value));
    if (box.matches('input')) Object.entries({ role: 'combobox', 'aria-expanded': 'true' }).forEach(([name, value]) => box.setAttribute(name, value));
    Object.assign(offer, { box, list, at: -1 });
    if (kind.first === 0) point(0);
    const count = list.children.length;
    $('#announce').textContent = `${count} ${count === 1 ? kind.one : kind.many}. Arrow keys move, Enter takes one, Escape closes the list.`;
  };
  const OFFERING = 'textarea[data-mentions], input[data-suggests]';
  on('input', OFFERING, (e, box) => {
    clearTimeout(offer.timer);
    if (offerOf(box).typed(box) === undefined) { withdraw(); return; }
    offer.timer = setTimeout(propose, ASK_MS, box);
  });
  on('keydown', OFFERING, (e) => {
    if (!offer.list || e.ctrlKey || e.metaKey || e.altKey || e.shiftKey || e.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[e.key], chosen = offer.list.children[offer.at];
    if (step) point(offer.at < 0 && step < 0 ? -1 : offer.at + step);
    else if ((e.key === 'Enter' || e.key === 'Tab') && chosen) take(chosen);
    else if (e.key === 'Escape') withdraw();
    else return;
    e.preventDefault();
  });
  on('focusout', OFFERING, withdraw);
  on('mousedown', '.offer-list', (e) => e.preventDefault()); // The text keeps the focus.
  on('click', '.offer-list [role="option"]', (e, option) => take(option));

  /* The bell looks again once a minute, while the page is in view and somebody is at it: an open tab must not keep a
     session alive. A plain fetch: htmx would follow a session that has ended to the sign-in page, away from what is typed. */
  const BELL_MS = 60_000, AT_IT_MS = 300_000;
  let touched = Date.now();
  const atIt = () => { touched = Date.now(); };
  ['pointerdown', 'keydown', 'scroll'].forEach((type) => document.addEventListener(type, atIt, { passive: true, capture: true }));
  const lookAtBell = async () => {
    const bell = $('#bell');
    if (!bell || document.visibilityState !== 'visible' || Date.now() - touched > AT_IT_MS) return;
    const answer = await fetch(bell.dataset.bell, { redirect: 'manual' }).catch(() => null);
    if (!answer?.ok) return;
    const box = Object.assign(document.createElement('template'), { innerHTML: await answer.text() });
    const fresh = box.content.firstElementChild, hadFocus = document.activeElement === bell;
    if (fresh?.id !== 'bell') return;
    bell.replaceWith(fresh);
    if (hadFocus) fresh.focus();
  };
  setInterval(lookAtBell, BELL_MS);
  document.addEventListener('visibilitychange', () => { atIt(); lookAtBell(); });

  /* Keyboard: "/" or Ctrl+K search, "?" help, "g" then the letter of a link in the sidebar, j/k through a list.
     Single keys can be switched off (WCAG 2.1.4): the server then leaves out data-shortcuts. */
  let waitingForG = 0;
  document.addEventListener('keydown', (e) => {
    if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === 'k' && palette) { e.preventDefault(); if (!palette.open) palette.showModal(); return; }
    if ((e.ctrlKey || e.metaKey) && e.key === 'Enter' && typing(e.target)) { e.target.form?.requestSubmit(); return; }
    if (!('shortcuts' in document.body.dataset) || e.ctrlKey || e.metaKey || e.altKey || typing(e.target) || $('dialog[open]')) return;
    const key = e.key.toLowerCase();
    const place = Date.now() - waitingForG < 1200 && /^[a-z]$/.test(key) && $(`.sidebar [data-key="${key}"]`);
    waitingForG = key === 'g' && !place ? Date.now() : 0;
    if (place) { location.href = place.href; return; }
    if (key === '/' && palette) { e.preventDefault(); palette.showModal(); }
    if (key === '?') $('#shortcuts')?.showModal();
    if (key === 'j' || key === 'k') {
      const links = $$('[data-list-keys] [data-row-link]');
      const now = links.indexOf(document.activeElement.closest?.('[data-row-link]') ?? $('[data-list-keys] [aria-current]'));
      links[Math.min(Math.max(now + (key === 'j' ? 1 : -1), 0), links.length - 1)]?.focus();
    }
  });

  /* After a swap: open dialogs, cover secrets, move focus to an error summary or a heading that asks for it */
  const settle = (root) => {
    openArrived();
    cover(root);
    const summary = $('.error-summary', root);
    if (summary && !document.title.startsWith('Error: ')) document.title = `Error: ${document.title}`;
    (summary ?? $('[aria-invalid="true"]', root) ?? $('[data-focus]', root))?.focus();
  };
  document.addEventListener('htmx:after:swap', (e) => settle(e.target instanceof Element && e.target.isConnected ? e.target : document));
  settle(document);
  // On a phone the tab one is on may lie beyond the edge of its row.
  $$('.tabs').forEach((row) => {
    const tab = $('[aria-current]', row);
    if (tab) row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
  });
})();
