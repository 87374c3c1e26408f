namespace Orleans.Kpl.House.Tests;

/// <summary>
/// Which namespace of a project may use which, from the ground up: a line has a namespace and those that it uses, all of which stand above
/// it in this list. A dot is the project's own namespace. A type that would need a line of its own to be reached belongs on a lower floor.
/// </summary>
internal static class Ladders
{
    private const string Aggregation = """
        Buffers
        .: Buffers
        """;

    private const string Pipeline = """
        Health
        Kinesis
        State
        Numbers: State
        Telemetry
        Timing
        Backlog.Storing: Telemetry Timing
        Backlog.Segments: Backlog.Storing
        Maps: Kinesis
        Road.Limiting
        Fairness: Road.Limiting
        Horizons: Road.Limiting Fairness
        Rates: Road.Limiting
        Load: Kinesis Road.Limiting Rates
        Road.Promising: Maps Road.Limiting
        Tracing: Road.Promising
        Services: Kinesis Numbers Telemetry Timing Fairness Load Road.Promising
        Settings: Kinesis Telemetry Timing Road.Limiting
        Backlog.Keeping: Telemetry Timing Backlog.Storing Road.Promising Services Settings
        Backlog.DeadLettering: Telemetry Backlog.Storing Backlog.Segments Backlog.Keeping
        Backlog.Replaying: Telemetry Timing Settings Backlog.Keeping
        Backlog.Writing: Numbers Telemetry Timing Backlog.Storing Backlog.Segments Road.Promising Backlog.Keeping
        Road.Aggregating: Kinesis Timing Road.Limiting Road.Promising Settings
        Road.Collecting: Settings Road.Aggregating
        Road.Outcomes: Road.Limiting Road.Promising Road.Aggregating Kinesis
        Road.Sending: Kinesis Timing Road.Promising Settings Road.Aggregating Road.Collecting
        Road.Routing: Maps Road.Promising Settings Road.Aggregating Road.Outcomes
        Road.Judging: Kinesis Timing Settings Road.Aggregating Road.Outcomes Road.Sending
        Road.Accepting: Timing Road.Limiting Road.Promising Settings Road.Outcomes Road.Sending Road.Routing
        Road: Road.Promising Road.Aggregating Road.Outcomes Road.Sending Road.Routing Road.Judging Road.Accepting
        Idle: Timing Services
        Names: Kinesis Timing Idle
        Tracing.Calls: Kinesis Tracing Road.Sending
        Whole: Timing Road.Promising Settings Road.Accepting
        Watching: Horizons Load Telemetry Road.Promising Settings Road.Aggregating Rates Road.Limiting
        Telemetry.Reporting: Health Telemetry Timing Road.Promising Services Road.Aggregating Road.Outcomes Road.Judging Kinesis Watching
        Flushing: Timing Fairness Road.Limiting Settings Road.Aggregating Road.Sending Road.Routing Telemetry.Reporting
        Serving: Road.Promising Road.Aggregating Flushing Watching
        Grouping: Kinesis Road.Promising Settings Road.Aggregating Serving
        Ordering: Kinesis Road.Limiting Road.Promising Road.Aggregating Road.Sending Road.Judging Road.Accepting Watching Serving Grouping Maps Road.Routing
        Maps.Following: Health Kinesis Telemetry Timing Maps Road.Promising Services Settings Road.Aggregating Road.Outcomes Road.Sending Road.Routing Serving Grouping Ordering
        Apart: Kinesis Timing Road.Promising Settings Road.Aggregating Road.Outcomes Road.Routing Serving Grouping Maps.Following Ordering
        Announcing: Timing Road.Aggregating Road.Sending Flushing Grouping Maps.Following Apart
        Doubts: Kinesis Timing Settings Road.Aggregating Road.Sending Road.Judging Serving Maps.Following
        Owning: Kinesis Timing Maps Road.Limiting Road.Promising Tracing Settings Backlog.Keeping Road.Aggregating Road.Outcomes Road.Sending Road.Routing Flushing Telemetry.Reporting Serving Ordering Maps.Following Apart Doubts
        Even: Kinesis Road.Limiting Horizons Road.Promising Settings Road.Aggregating Road.Outcomes Road.Routing Road.Judging Road.Accepting Watching Serving Grouping Owning
        Backlog.Logs: Timing Backlog.Storing Road.Promising Settings Backlog.Keeping Backlog.DeadLettering Backlog.Replaying Backlog.Writing Serving Grouping Owning
        Backlog.Spilling: Timing Road.Limiting Fairness Backlog.Keeping Backlog.Replaying Backlog.Logs
        Backlog.Delivering: Backlog.Storing Backlog.Segments Road.Limiting Road.Promising Settings Backlog.Keeping Backlog.Replaying Backlog.Writing Road.Outcomes Road.Routing Serving Apart Owning Backlog.Logs Backlog.Spilling
        Backlog: Numbers Timing Backlog.Storing Road.Limiting Road.Promising Settings Backlog.Keeping Backlog.DeadLettering Backlog.Replaying Backlog.Writing Road.Outcomes Road.Routing Road.Accepting Backlog.Logs Backlog.Spilling Backlog.Delivering
        Horizons.Waiting: Timing Horizons Road.Promising Settings Road.Aggregating Road.Outcomes Road.Routing Road.Accepting Whole Watching Serving Maps.Following Backlog
        .: Health Kinesis Numbers Telemetry Timing Backlog.Storing Road.Limiting Fairness Horizons Load Road.Promising Tracing Services Settings Backlog.Keeping Road.Aggregating Road.Outcomes Road.Sending Road.Routing Road.Judging Flushing Road.Accepting Road Idle Names Tracing.Calls Whole Telemetry.Reporting Watching Serving Grouping Ordering Maps.Following Apart Announcing Doubts Horizons.Waiting Owning Even Backlog.Logs Backlog
        """;

    private const string Scaling = """
        Planning
        Capacities
        Costs
        Heat
        Policy: Planning
        Operations: Planning Policy
        Running: Operations Planning Policy Capacities Costs Heat
        """;

    private const string Silos = """
        Naming
        Links
        Membership
        Leases: Naming Membership
        Relaying: Links Membership Leases
        Backlog: Links Membership
        Lanes: Links Membership
        Owners: Naming Links Membership
        Fronts: Naming Links Membership Relaying Backlog Lanes Owners
        Management: Links Membership Fronts
        Shards: Naming Membership Leases Owners Fronts
        Receiving: Links Membership Relaying Backlog Fronts Shards
        Draining: Links Membership Backlog Lanes Owners Fronts Shards Receiving
        .: Naming Links Membership Leases Relaying Backlog Lanes Owners Fronts Management Shards Receiving Draining
        """;

    private const string Grains = """
        .
        Bridging
        Management
        Membership
        Lanes
        Links: Management
        Quotas
        Shards
        Surrogates
        Connections
        Guarding: Links
        Receiving
        """;

    private const string Aws = """
        Signing
        Hashing
        Wire
        Wire.Cbor
        Endpoints: Wire Wire.Cbor
        Bodies: Hashing Wire Wire.Cbor Endpoints
        Credentials: Signing Endpoints
        Transport: Signing Wire Wire.Cbor Endpoints Bodies Credentials
        Operations: Wire Wire.Cbor Endpoints Bodies Transport
        Glue: Signing Wire Endpoints Bodies Transport
        .: Signing Wire Endpoints Bodies Credentials Transport Operations
        Checking: Endpoints Signing Transport Operations .
        """;

    private const string DynamoDb = """
        State
        Membership: State
        Backlog: State
        """;

    public static IReadOnlyDictionary<string, IReadOnlyList<(string Name, string[] Uses)>> All { get; } = new Dictionary<string,
    IReadOnlyList<(string, string[])>>
    {
        ["Orleans.Kpl.Aggregation"] = Read(Aggregation),
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
