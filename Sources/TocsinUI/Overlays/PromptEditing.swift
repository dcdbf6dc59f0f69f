import TerminalKit
import TocsinModel

/// What keys do while a prompt is open, and what its text comes to.
extension App {
    mutating func edit(_ key: Key) -> [UIEffect] {
        guard var open = prompt else { return [] }
        switch key {
        case .escape:
            if case .filter(let of) = open.purpose { filters[of] = "" }
            if open.purpose == .name {
                held = []
                say("nothing was done: the audit wants a name", .warning)
            }
            prompt = nil
        case .enter:
            prompt = nil
            return finish(open)
        default:
            guard open.take(key) else { break }
            switch open.purpose {
            case .filter(let of):
                filters[of] = open.text
                offsets[of] = 0
            case .silence(let labels): open.hint = silenceHint(labels, open.text)
            default: break
            }
            prompt = open
        }
        return []
    }

    private mutating func finish(_ prompt: Prompt) -> [UIEffect] {
        switch prompt.purpose {
        case .filter(let of):
            filters[of] = prompt.text
            return []
        case .note(let episodes):
            let (duration, comment) = Prompt.duration(in: prompt.text)
            return [send(.acknowledge(episodes, comment: comment, duration: duration, sticky: false))]
        case .silence(let labels): return silence(labels, prompt.text.trimmed)
        case .command: return command(prompt.text.trimmed)
        case .name: return introduce(prompt.text.trimmed)
        case .closeRun(let run): return [send(.close(run, reason: prompt.text.trimmed))]
        case .maintain(let service):
            let (duration, reason) = Prompt.duration(in: prompt.text)
            guard let duration else {
                say("say how long, as in: 2h moving disks; nothing was done", .warning)
                return []
            }
            return [send(.maintain(service: service, duration: duration, reason: reason))]
        }
    }

    /// What changes something waits until it is known who does it, where the login does not tell. Asked once.
    mutating func askForName(_ effects: [UIEffect]) -> [UIEffect] {
        guard takesName, head?.operatorName == "root" else { return effects }
        let acts = effects.filter(\.acts)
        guard !acts.isEmpty else { return effects }
        held = acts
        prompt = Prompt(
            .name, label: "this login is shared; your name",
            hint: "it stands in the audit beside root; Enter goes on, Esc does nothing")
        return effects.filter { !$0.acts }
    }

    private mutating func introduce(_ name: String) -> [UIEffect] {
        defer { held = [] }
        guard !name.isEmpty else {
            say("nothing was done: the audit wants a name", .warning)
            return []
        }
        takesName = false
        return [.introduce(name)] + held
    }

    private mutating func command(_ line: String) -> [UIEffect] {
        let words = line.split(separator: " ", maxSplits: 1).map(String.init)
        guard let word = words.first else { return [] }
        let rest = words.count > 1 ? words[1].trimmed : ""
        if word == "theme" {
            guard settings.themes.contains(rest) || rest.contains("/") else {
                say("themes: " + settings.themes.joined(separator: ", ") + ", or a file", .warning)
                return []
            }
            return [.theme(rest)]
        }
        if let kind = FailoverIntent.Kind(rawValue: word), !(kind == .failover && rest.isEmpty) {
            if let refusal = Keymap.refusal(.failover, self) {
                say(refusal, .warning)
                return []
            }
            return preview { FailoverIntent(service: $0, kind: kind, member: rest.isEmpty ? nil : rest) }
        }
        guard let binding = Keymap.all.first(where: { $0.command == word }) ?? unique(word) else {
            let near = Keymap.completions(String(word.prefix(1))).joined(separator: ", ")
            say("no command \"\(word)\"" + (near.isEmpty ? "" : "; there are: \(near)"), .warning)
            return []
        }
        if !binding.screens.isEmpty, !binding.screens.contains(screen) {
            say("\(binding.command) does nothing on the screen \(screen.title)", .warning)
            return []
        }
        if binding.action == .acknowledge, !rest.isEmpty, Keymap.refusal(.acknowledge, self) == nil {
            let (duration, comment) = Prompt.duration(in: rest)
            return [send(.acknowledge(targets, comment: comment, duration: duration, sticky: false))]
        }
        return perform(binding.action)
    }

    private func unique(_ prefix: String) -> Binding? {
        let all = Keymap.all.filter { $0.command.hasPrefix(prefix) }
        return all.count == 1 ? all[0] : nil
    }
}
