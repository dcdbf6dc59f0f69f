/// Keeps escape sequences that nobody understands from being taken for keys.
///
/// A terminal sends `ESC [ 1 ; 2 A` for a key that terminfo does not name, and a slow line may tear any sequence apart.
/// Its bytes must not act: `A` would acknowledge. Whole CSI, SS3 and string sequences are swallowed, and so is the letter of
/// an Alt key; an arrow that was only torn apart is still an arrow.
public struct EscapeGuard: Sendable {
    private enum State: Sendable {
        case idle
        /// ESC with more behind it in the same read.
        case escape
        /// ESC alone: it was a key, unless `[` or `O` follows soon.
        case lone
        case control, single, string, stringEscape
    }

    private var state = State.idle
    private var last: Int64 = 0
    /// A sequence that is torn apart for longer than this has ended.
    private static let patience: Int64 = 1_000

    public init() {}

    /// The key a character stands for, or nil when it is part of something else.
    ///
    /// - Parameters:
    ///   - more: further characters came in the same read.
    ///   - now: a monotonic time in milliseconds.
    public mutating func take(_ character: UInt32, more: Bool, now: Int64) -> Key? {
        if now - last > Self.patience { state = .idle }
        last = now
        switch state {
        case .control: return finish(character)
        case .single:
            state = .idle
            return Self.arrow(character)
        case .string:
            if character == 7 { state = .idle } else if character == 27 { state = .stringEscape }
            return nil
        case .stringEscape:
            state = .idle
            return nil
        case .escape where character != 27:
            begin(character)
            return nil
        case .lone where character == 0x5B || character == 0x4F:
            begin(character)
            return nil
        case .idle, .escape, .lone: break
        }
        if character == 27 {
            let was = state
            state = more ? .escape : .lone
            if case .escape = was { return .escape }
            return more ? nil : .escape
        }
        state = .idle
        return Key(character: character)
    }

    private mutating func begin(_ character: UInt32) {
        plain = true
        switch character {
        case 0x5B: state = .control
        case 0x4F: state = .single
        // OSC, DCS, APC, PM, SOS
        case 0x5D, 0x50, 0x5F, 0x5E, 0x58: state = .string
        default: state = .idle
        }
    }

    private mutating func finish(_ character: UInt32) -> Key? {
        guard (0x40...0x7E).contains(character) else {
            // Parameters go on; anything else than those ends the sequence as broken.
            if !(0x20...0x3F).contains(character) { state = .idle }
            plain = false
            return nil
        }
        state = .idle
        return plain ? Self.arrow(character) : nil
    }

    /// No parameter has been seen: `ESC [ A` is an arrow, `ESC [ 1 ; 2 A` is not.
    private var plain = true

    private static func arrow(_ character: UInt32) -> Key? {
        switch character {
        case 0x41: .up
        case 0x42: .down
        case 0x43: .right
        case 0x44: .left
        case 0x48: .home
        case 0x46: .end
        default: nil
        }
    }
}

extension Key {
    /// The key of a single character; nil for a control character that means nothing.
    public init?(character: UInt32) {
        switch character {
        case 9: self = .tab
        case 10, 13: self = .enter
        case 27: self = .escape
        case 8, 127: self = .backspace
        case 1...26:
            guard let letter = Unicode.Scalar(character + 96) else { return nil }
            self = .control(Character(letter))
        case 0..<32: return nil
        default:
            guard let scalar = Unicode.Scalar(character) else { return nil }
            self = .character(Character(scalar))
        }
    }
}
