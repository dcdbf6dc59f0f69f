/// The names of DNS record types and response codes (IANA's registry), as far as probes meet them.
package enum DNSTypes {
    private static let types: [(name: String, number: UInt16)] = [
        ("A", 1), ("NS", 2), ("CNAME", 5), ("SOA", 6), ("PTR", 12), ("HINFO", 13), ("MX", 15), ("TXT", 16),
        ("AAAA", 28), ("SRV", 33), ("NAPTR", 35), ("DS", 43), ("SSHFP", 44), ("RRSIG", 46), ("NSEC", 47),
        ("DNSKEY", 48), ("TLSA", 52), ("SVCB", 64), ("HTTPS", 65), ("ANY", 255), ("CAA", 257),
    ]
    private static let codes = [
        "NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH",
        "NOTZONE",
    ]

    package static func number(_ name: String) -> UInt16? { types.first { $0.name == name.uppercased() }?.number }

    package static func name(_ number: UInt16) -> String {
        types.first { $0.number == number }?.name ?? "TYPE\(number)"
    }

    package static func code(_ number: Int) -> String {
        codes.indices.contains(number) ? codes[number] : "RCODE\(number)"
    }
}
