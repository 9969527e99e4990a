-- Ghost text from `sterna lsp` in Neovim 0.11, which has no inline completion of its own (0.12 has).
-- Put this file into ~/.config/nvim/lua/ and write `require('sterna').setup({ cmd = { 'sterna', 'lsp' } })`.
-- Tab accepts, Ctrl-] dismisses, Alt-\ asks by hand.
local M = {}
local method = 'textDocument/inlineCompletion'
local namespace = vim.api.nvim_create_namespace('sterna')
-- What is shown, and the request that is running.
local shown, running

local function client_of(buffer)
  return vim.lsp.get_clients({ name = 'sterna', bufnr = buffer })[1]
end

local function hide()
  if shown then vim.api.nvim_buf_clear_namespace(shown.buffer, namespace, 0, -1) end
  shown = nil
end

local function cancel()
  if running then running.client:cancel_request(running.id) end
  running = nil
end

local function show(buffer, item, cursor)
  local text = type(item.insertText) == 'table' and item.insertText.value or item.insertText
  local row, column = cursor[1] - 1, cursor[2]
  -- The item may cover what stands before the cursor on its line.
  local start = item.range and item.range.start.character or column
  local before = vim.api.nvim_buf_get_text(buffer, row, math.min(start, column), row, column, {})[1]
  if not vim.startswith(text, before) then return end
  local lines = vim.split(text:sub(#before + 1), '\r?\n')
  vim.api.nvim_buf_set_extmark(buffer, namespace, row, column, {
    virt_text = { { lines[1], 'Comment' } },
    virt_text_pos = 'inline',
    virt_lines = vim.tbl_map(function(line) return { { line, 'Comment' } } end, vim.list_slice(lines, 2)),
  })
  shown = { buffer = buffer, item = item, text = text }
end

local function ask(kind)
  hide()
  cancel()
  local buffer, window = vim.api.nvim_get_current_buf(), vim.api.nvim_get_current_win()
  local client = client_of(buffer)
  if not client then return end
  local cursor, tick = vim.api.nvim_win_get_cursor(window), vim.b[buffer].changedtick
  local params = vim.lsp.util.make_position_params(window, client.offset_encoding)
  params.context = { triggerKind = kind }
  local ok, id = client:request(method, params, function(_, result)
    running = nil
    local item = result and (result.items or result)[1]
    local is_there = vim.api.nvim_get_mode().mode:sub(1, 1) == 'i' and vim.b[buffer].changedtick == tick
    if item and is_there and vim.deep_equal(vim.api.nvim_win_get_cursor(window), cursor) then
      show(buffer, item, cursor)
    end
  end, buffer)
  if ok then running = { client = client, id = id } end
end

local function accept()
  if not shown then return '<Tab>' end
  local now = shown
  hide()
  vim.schedule(function()
    local client = client_of(now.buffer)
    local edit = { range = now.item.range, newText = now.text }
    vim.lsp.util.apply_text_edits({ edit }, now.buffer, client.offset_encoding)
    local lines = vim.split(now.text, '\r?\n')
    local start = now.item.range.start
    local line = start.line + #lines
    local column = (#lines == 1 and start.character or 0) + #lines[#lines]
    vim.api.nvim_win_set_cursor(0, { line, column })
    if now.item.command then client:exec_cmd(now.item.command, { bufnr = now.buffer }) end
  end)
  return ''
end

local function dismiss()
  local now = shown
  hide()
  cancel()
  local client = now and client_of(now.buffer)
  if not client then return end
  local argument = { uri = vim.uri_from_bufnr(now.buffer) }
  client:exec_cmd({ title = 'dismiss', command = 'sterna.dismissed', arguments = { argument } }, { bufnr = now.buffer })
end

function M.setup(config)
  local capabilities = vim.lsp.protocol.make_client_capabilities()
  capabilities.textDocument.inlineCompletion = { dynamicRegistration = false }
  vim.lsp.config('sterna', vim.tbl_deep_extend('force', { capabilities = capabilities, root_markers = { '.git' } }, config))
  vim.lsp.enable('sterna')
  local group = vim.api.nvim_create_augroup('sterna', {})
  vim.api.nvim_create_autocmd('TextChangedI', { group = group, callback = function() ask(2) end })
  vim.api.nvim_create_autocmd({ 'CursorMovedI', 'InsertLeave' }, {
    group = group,
    callback = function(event)
      if event.event == 'InsertLeave' then cancel() end
      hide()
    end,
  })
  vim.keymap.set('i', '<Tab>', accept, { expr = true, desc = 'Accept a suggestion of Sterna' })
  vim.keymap.set('i', '<C-]>', dismiss, { desc = 'Dismiss a suggestion of Sterna' })
  vim.keymap.set('i', '<M-\\>', function() ask(1) end, { desc = 'Ask Sterna for a suggestion' })
end

return M
