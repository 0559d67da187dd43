/// Follows the opcodes of pickles (protocols 0 to 5, CPython's Lib/pickletools.py) without doing anything that they say. Names that
/// are put together on the stack are followed through stack and memo; one that cannot be followed is as bad as a wrong one.
package struct PickleScan {
    package enum Value {
        case mark
        case text(String)
        case global(allowed: Bool)
        /// What an allowed function made.
        case made
        case other
    }

    package private(set) var problems = Problems()
    /// Where it cannot be read; nil: it was read to its end.
    package private(set) var malformed: String?
    /// Functions and classes that it names.
    package private(set) var globals = 0
    /// Pickles in a row, as old versions of PyTorch write.
    package private(set) var pickles = 0
    /// Whether it ends where the bytes end.
    package private(set) var coversAll = false
    private var stack: [Value] = []
    private var memo: [UInt64: Value] = [:]
    private var opcodes = 0
    private var cursor: ByteCursor

    package init(_ bytes: ArraySlice<UInt8>) {
        cursor = ByteCursor(bytes)
        repeat {
            (stack, memo) = ([], [:])
            guard walk() else { return }
            pickles += 1
        } while beginsAnother && pickles < ScanLimits.picklesInRow
        coversAll = cursor.left == 0
    }

    private var beginsAnother: Bool { PickleScan.begins(cursor.rest) }

    /// From protocol 2 on they say what they are.
    package static func begins(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.count >= 2 && bytes[bytes.startIndex] == 0x80 && (1...5).contains(bytes[bytes.startIndex + 1])
    }

    /// - Returns: whether STOP was reached.
    private mutating func walk() -> Bool {
        while true {
            let place = cursor.position
            opcodes += 1
            guard opcodes <= ScanLimits.pickleOpcodes else { return fail("it has more than \(ScanLimits.pickleOpcodes) opcodes") }
            guard stack.count <= ScanLimits.pickleStack, memo.count <= ScanLimits.pickleStack else { return fail("it keeps more than a reader should") }
            guard let opcode = cursor.byte() else { return fail("it ends without STOP") }
            if opcode == UInt8(ascii: ".") {
                return stack.isEmpty ? fail("it stops with nothing at byte \(place)") : true
            }
            guard step(opcode) else { return fail("opcode \(opcode) at byte \(place) cannot be followed") }
        }
    }

    private mutating func fail(_ why: String) -> Bool {
        malformed = why
        return false
    }

    /// - Returns: false where there is no such opcode, or where it lacks something.
    private mutating func step(_ opcode: UInt8) -> Bool {
        switch opcode {
        case 0x80: cursor.byte().map { $0 <= 5 } ?? false
        case 0x95: cursor.take(8) != nil  // FRAME
        case UInt8(ascii: "N"), 0x88, 0x89, UInt8(ascii: "]"), UInt8(ascii: "}"), UInt8(ascii: ")"), 0x8F, 0x97: push(.other)
        case UInt8(ascii: "I"), UInt8(ascii: "L"), UInt8(ascii: "F"), UInt8(ascii: "P"): cursor.line() != nil && push(.other)
        case UInt8(ascii: "S"), UInt8(ascii: "V"): quoted()
        case UInt8(ascii: "K"): cursor.take(1) != nil && push(.other)
        case UInt8(ascii: "M"): cursor.take(2) != nil && push(.other)
        case UInt8(ascii: "J"): cursor.take(4) != nil && push(.other)
        case UInt8(ascii: "G"): cursor.take(8) != nil && push(.other)
        case 0x8A: counted(1, isText: false)
        case 0x8B: counted(4, isText: false)
        case UInt8(ascii: "B"): counted(4, isText: false)
        case UInt8(ascii: "C"): counted(1, isText: false)
        case 0x8E, 0x96: counted(8, isText: false)
        case UInt8(ascii: "T"), UInt8(ascii: "X"): counted(4, isText: true)
        case UInt8(ascii: "U"), 0x8C: counted(1, isText: true)
        case 0x8D: counted(8, isText: true)
        case UInt8(ascii: "g"), UInt8(ascii: "h"), UInt8(ascii: "j"), UInt8(ascii: "p"), UInt8(ascii: "q"), UInt8(ascii: "r"), 0x94: remember(opcode)
        case UInt8(ascii: "("): push(.mark)
        case UInt8(ascii: "0"): pop() != nil
        case UInt8(ascii: "1"): popToMark() != nil
        case UInt8(ascii: "2"): stack.last.map { push($0) } ?? false
        case UInt8(ascii: "t"), UInt8(ascii: "l"), UInt8(ascii: "d"), 0x91: popToMark() != nil && push(.other)
        case 0x85: collect(1)
        case 0x86: collect(2)
        case 0x87: collect(3)
        case UInt8(ascii: "a"): pop() != nil && fill()
        case UInt8(ascii: "s"): pop() != nil && pop() != nil && fill()
        case UInt8(ascii: "e"), UInt8(ascii: "u"), 0x90: popToMark() != nil && fill()
        case 0x98: !stack.isEmpty
        case UInt8(ascii: "Q"): collect(1)  // BINPERSID
        default: call(opcode)
        }
    }

    // MARK: What runs something

    private mutating func call(_ opcode: UInt8) -> Bool {
        switch opcode {
        case UInt8(ascii: "c"):
            guard let module = cursor.line(), let name = cursor.line() else { return false }
            return push(global(module, name))
        case 0x93:  // STACK_GLOBAL
            guard let name = pop(), let module = pop() else { return false }
            guard case .text(let name) = name, case .text(let module) = module else {
                problems.add("it names something that cannot be followed")
                return push(.global(allowed: false))
            }
            return push(global(module.utf8, name.utf8))
        case UInt8(ascii: "i"):  // INST
            guard let module = cursor.line(), let name = cursor.line(), popToMark() != nil else { return false }
            return push(made(by: global(module, name)))
        case UInt8(ascii: "o"):  // OBJ
            guard let values = popToMark(), let callee = values.first else { return false }
            return push(made(by: callee))
        case UInt8(ascii: "R"), 0x81:  // REDUCE, NEWOBJ
            guard pop() != nil, let callee = pop() else { return false }
            return push(made(by: callee))
        case 0x92:  // NEWOBJ_EX
            guard pop() != nil, pop() != nil, let callee = pop() else { return false }
            return push(made(by: callee))
        case UInt8(ascii: "b"):  // BUILD
            guard pop() != nil else { return false }
            return fill()
        case 0x82, 0x83, 0x84:  // EXT1, EXT2, EXT4
            guard cursor.take(1 << Int(opcode - 0x82)) != nil else { return false }
            problems.add("it names something by a number of copyreg's registry")
            return push(.global(allowed: false))
        default: return false
        }
    }

    private mutating func global(_ module: some Collection<UInt8>, _ name: some Collection<UInt8>) -> Value {
        globals += 1
        if let module = String(validating: module, as: UTF8.self), let name = String(validating: name, as: UTF8.self), PickleGlobals.isAllowed(module, name) {
            return .global(allowed: true)
        }
        problems.add("it names \(shown(module)).\(shown(name)), which is not among the functions that rebuild tensors")
        return .global(allowed: false)
    }

    private mutating func made(by callee: Value) -> Value {
        switch callee {
        case .global(allowed: true): return .made
        // Told when it was named.
        case .global(allowed: false): return .other
        case .mark, .text, .made, .other:
            problems.add("it calls something that it has made itself")
            return .other
        }
    }

    /// Something is put into what lies on top: never into a class or a function.
    private mutating func fill() -> Bool {
        switch stack.last {
        case nil, .mark: return false
        case .global: problems.add("it changes a class or a function")
        case .text, .made, .other: break
        }
        return true
    }

    // MARK: Stack

    private mutating func push(_ value: Value) -> Bool {
        stack.append(value)
        return true
    }

    private mutating func pop() -> Value? {
        if case .mark? = stack.last { return nil }
        return stack.popLast()
    }

    private mutating func popToMark() -> ArraySlice<Value>? {
        guard let mark = stack.lastIndex(where: { if case .mark = $0 { true } else { false } }) else { return nil }
        let values = stack[(mark + 1)...]
        stack.removeSubrange(mark...)
        return values
    }

    private mutating func collect(_ count: Int) -> Bool {
        for _ in 0..<count where pop() == nil { return false }
        return push(.other)
    }

    private mutating func remember(_ opcode: UInt8) -> Bool {
        let key: UInt64?
        switch opcode {
        case UInt8(ascii: "g"), UInt8(ascii: "p"): key = cursor.line().flatMap { String(validating: $0, as: UTF8.self) }.flatMap { UInt64($0) }
        case UInt8(ascii: "h"), UInt8(ascii: "q"): key = cursor.little(1)
        case UInt8(ascii: "j"), UInt8(ascii: "r"): key = cursor.little(4)
        default: key = UInt64(memo.count)
        }
        guard let key else { return false }
        switch opcode {
        case UInt8(ascii: "g"), UInt8(ascii: "h"), UInt8(ascii: "j"):
            guard let value = memo[key] else { return false }
            return push(value)
        default:
            guard let top = stack.last else { return false }
            if case .mark = top { return false }
            memo[key] = top
            return true
        }
    }

    private mutating func counted(_ width: Int, isText: Bool) -> Bool {
        var ahead = cursor
        guard let content = ahead.take(ahead.little(width)) else { return false }
        cursor = ahead
        return push(isText ? text(content) : .other)
    }

    private mutating func quoted() -> Bool {
        guard var content = cursor.line() else { return false }
        if let first = content.first, first == UInt8(ascii: "'") || first == UInt8(ascii: "\""), content.count >= 2, content.last == first {
            content = content.dropFirst().dropLast()
        }
        // What is escaped is not followed.
        return push(content.contains(UInt8(ascii: "\\")) ? .other : text(content))
    }

    private func text(_ content: ArraySlice<UInt8>) -> Value {
        guard content.count <= ScanLimits.pickleTextBytes, let text = String(validating: content, as: UTF8.self) else { return .other }
        return .text(text)
    }
}
