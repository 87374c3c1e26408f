namespace Orleans.Kpl.House.Tests;

/// <summary>
/// Which namespace of a project may use which, from the ground up: a line has a namespace and those that it uses, all of which stand above
/// it in this list. A dot is the project's own namespace. A type that would need a line of its own to be reached belongs on a lower floor.
/// </summary>
internal static class Ladders
{
    private const string Pipeline = """
        Buffers
        Health
        Kinesis
        Limiting
        State
        Telemetry
        Timing
        Tracing
        Backlog.Storing: Telemetry Timing
        Hashing
        Load: Kinesis Limiting
        Maps: Kinesis
        Aggregation: Buffers
        Backlog.Segments: Buffers Backlog.Storing
        Records: Buffers Limiting Tracing Hashing Maps Aggregation
        Services: Kinesis Limiting Telemetry Timing Hashing Backlog.Storing Load Records
        Settings: Kinesis Limiting Telemetry Timing Load Aggregation
        Backlog.Keeping: Telemetry Timing Backlog.Storing Records Services Settings
        Engines: Buffers Kinesis Limiting Telemetry Timing Load Maps Aggregation Records Settings
        Producing: Telemetry Timing Tracing Records Services
        Backlog.DeadLettering: Telemetry Backlog.Storing Backlog.Segments Records Backlog.Keeping
        Backlog.Replaying: Telemetry Timing Settings Backlog.Keeping
        Backlog.Writing: Telemetry Timing Backlog.Storing Aggregation Backlog.Segments Records Backlog.Keeping
        Collection: Settings Engines
        Backlog.Logs: Telemetry Backlog.Storing Aggregation Records Services Settings Backlog.Keeping Backlog.DeadLettering Backlog.Replaying Backlog.Writing
        Sending: Kinesis Timing Tracing Aggregation Records Settings Engines Collection
        Backlog.Spilling: Limiting Timing Backlog.Keeping Backlog.Replaying Backlog.Logs
        Outcomes: Buffers Limiting Telemetry Timing Tracing Aggregation Records Services Engines Backlog.Logs
        Backlog.Delivering: Limiting Telemetry Backlog.Storing Aggregation Backlog.Segments Records Settings Backlog.Keeping Backlog.DeadLettering Backlog.Replaying Backlog.Writing Backlog.Logs Backlog.Spilling Outcomes
        Backlog: Limiting Telemetry Timing Backlog.Storing Records Settings Backlog.Keeping Backlog.DeadLettering Backlog.Writing Backlog.Logs Backlog.Spilling Outcomes Backlog.Delivering
        Routing: Health Kinesis Limiting Telemetry Timing Maps Aggregation Records Services Settings Engines Sending Outcomes Backlog.Delivering
        Owning: Timing Records Outcomes Routing
        Retrying: Health Kinesis Limiting Telemetry Timing Aggregation Services Settings Engines Backlog.Logs Sending Outcomes Routing
        Accepting: Limiting Telemetry Timing Hashing Records Services Settings Engines Sending Backlog.Spilling Outcomes Backlog Routing Retrying
        .: Buffers Health Kinesis Limiting Telemetry Timing Backlog.Storing Load Aggregation Records Services Settings Engines Producing Backlog.Logs Sending Outcomes Backlog Routing Owning Retrying Accepting
        """;

    private const string Scaling = """
        Planning
        Policy: Planning
        Operations: Planning Policy
        Running: Operations Planning Policy
        """;

    private const string Silos = """
        Naming
        Links
        Membership
        Backlog: Links Membership
        Lanes: Membership
        Leases: Naming Membership
        Owners: Naming Links Membership
        Fronts: Naming Links Membership Backlog Lanes Leases Owners
        Management: Links Membership Fronts
        Shards: Naming Membership Leases Owners Fronts
        Receiving: Links Membership Backlog Fronts Shards
        Draining: Links Membership Backlog Lanes Owners Fronts Shards Receiving
        .: Naming Links Membership Backlog Lanes Leases Owners Fronts Management Shards Receiving Draining
        """;

    private const string Grains = """
        .
        Bridging
        Backlog
        Management
        Membership
        Lanes
        Links
        Quotas
        Shards
        Surrogates
        Connections
        Guarding: Links
        Receiving: Links
        """;

    private const string Aws = """
        Signing
        Hashing
        Wire
        Wire.Cbor: Wire
        Endpoints: Wire Wire.Cbor
        Bodies: Hashing Wire Wire.Cbor Endpoints
        Credentials: Signing Endpoints
        Transport: Signing Wire Wire.Cbor Endpoints Bodies Credentials
        Operations: Wire Wire.Cbor Endpoints Bodies Transport
        Glue: Signing Wire Endpoints Bodies Credentials Transport
        .: Signing Wire Endpoints Bodies Credentials Transport Operations
        Checking: Endpoints Transport Operations .
        """;

    private const string DynamoDb = """
        State
        Membership: State
        Backlog: State
        """;

    public static IReadOnlyDictionary<string, IReadOnlyList<(string Name, string[] Uses)>> All { get; } = new Dictionary<string,
    IReadOnlyList<(string, string[])>>
    {
        ["Orleans.Kpl.Pipeline"] = Read(Pipeline),
        ["Orleans.Kpl.Scaling"] = Read(Scaling),
        ["Orleans.Kpl.Silos"] = Read(Silos),
        ["Orleans.Kpl.Grains"] = Read(Grains),
        ["Orleans.Kpl.Aws"] = Read(Aws),
        ["Orleans.Kpl.DynamoDb"] = Read(DynamoDb),
    };

    private static List<(string Name, string[] Uses)> Read(string ladder) =>
        [.. ladder.Split('\n', StringSplitOptions.TrimEntries).Select(l => l.Split(':'))
            .Select(l => (l[0], l.Length == 1 ? [] : l[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
}
