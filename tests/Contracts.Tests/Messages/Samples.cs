using System.Net;
using Orleans.Kpl.Lanes;
using Orleans.Kpl.Management;
using Orleans.Kpl.Packed;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Contracts.Tests.Messages;

/// <summary>One of everything that travels, with every field set, and each field to another value.</summary>
internal static class Samples
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    private static readonly SiloAddress Silo = SiloAddress.New(IPAddress.Parse("10.1.2.3"), 11_111, 77);

    private static readonly Attempt[] Attempts =
    [
        new() { StartedAt = Noon, EndedAt = Noon.AddMilliseconds(20), ErrorCode = "ProvisionedThroughputExceededException", ErrorMessage = "slow down" },
        new() { StartedAt = Noon.AddMilliseconds(70), EndedAt = Noon.AddMilliseconds(90) },
    ];

    private static readonly UserRecord Record = new("ключ", "data"u8.ToArray(), UInt128.MaxValue - 5);

    private static readonly KinesisError Error = new() { Kind = 2, Code = "RequestTimeout", Message = "no answer", HttpStatus = 504 };

    private static readonly StreamCapacity Capacity = new()
    {
        Stream = "events",
        Status = "UPDATING",
        OnDemand = true,
        WarmMiBPerSecond = 200,
        WarmUntil = Noon,
        WarmAfterwardsMiBPerSecond = 4,
        MaxRecordKiB = 10_240,
        BillingCommitment = "ENABLED",
    };

    private static readonly ShardPlan Plan = new()
    {
        Method = ReshardMethod.UpdateShardCount,
        Steps =
        [
            new ShardPlanStep { Kind = ReshardStepKind.Split, StartingHashKey = 1, EndingHashKey = 9, At = 5, MovedShare = 0.5, Reason = "hot" },
            new ShardPlanStep { Kind = ReshardStepKind.UpdateShardCount, EndingHashKey = UInt128.MaxValue, Shards = 4, Reason = "even" },
        ],
        Result = [new PlannedRange { StartingHashKey = 0, EndingHashKey = UInt128.MaxValue, Share = 1, ShardId = "shardId-000000000001" }],
        Duration = TimeSpan.FromSeconds(60),
        MovedShare = 1.5,
        PeakShards = 5,
        Reasons = ["why"],
        Obstacles = ["why not"],
        Alternatives = [new PlanAlternative { Method = ReshardMethod.Plan, Calls = 3, Duration = TimeSpan.FromSeconds(90), MovedShare = 2,
            Obstacle = "too slow" }],
    };

    public static IReadOnlyDictionary<string, object> All { get; } = new Dictionary<string, object>
    {
        ["UserRecord"] = Record,
        ["UserRecord, plain"] = new UserRecord("k", default),
        ["Attempt"] = Attempts[0],
        ["RecordResult, delivered"] = RecordResult.Delivered("shardId-000000000001", "49590338271490256608559692538361571095921575989136588898", 7, Attempts),
        ["RecordResult, failed"] = RecordResult.NotDelivered(RecordStatus.Failed, "Expired", "too late", Record, Attempts),
        ["RecordResult, none"] = default(RecordResult),
        ["PutOptions"] = new PutOptions { Immediate = true, TimeToLive = TimeSpan.FromMilliseconds(1_234), AckLevel = AckLevel.Accepted },
        ["PutOptions, default"] = new PutOptions(),
        ["PutOptions, alone"] = new PutOptions { Alone = true },
        ["PutOptions, alone and never spilled"] = new PutOptions { Alone = true, NeverSpills = true, TimeToLive = TimeSpan.FromDays(24) },
        ["StreamLedger"] = new StreamLedger(21, 1, 2, 3, 4, 5, 6),
        ["StreamBooks"] = new StreamBooks
        {
            Ledger = new StreamLedger(21, 1, 2, 3, 4, 5, 6),
            Covered = [new LedgerContributor { Process = Silo.ToString(), StartedAt = Noon, Ledger = new StreamLedger(20, 1, 2, 3, 4, 5, 5) }],
            NotCovered = [new MissingContributor { Process = Silo.ToString(), State = MissingContributorState.Gone }],
        },
        ["RecordBatch"] = RecordBatch.Create([Record, new UserRecord("k", "v"u8.ToArray())]),
        ["StreamStatus"] = new StreamStatus
        {
            Stream = "events",
            Ledger = new StreamLedger(21, 1, 2, 3, 4, 5, 6),
            OutstandingRecords = 8,
            OutstandingBytes = 900,
            OldestRecordAge = TimeSpan.FromSeconds(10),
            Silo = Silo.ToParsableString(),
            StartedAt = Noon,
            IsDraining = true,
        },
        ["FailureHint"] = new FailureHint { Stream = "events", Last = 42, Count = 7, Since = Noon },
        ["ShardLocation"] = new ShardLocation { Silo = Silo, Epoch = 12, IsOpen = true },
        ["MapVersion"] = Version(3),
        ["StreamShard"] = Shard(1),
        ["StreamShards"] = new StreamShards { Stream = "events", Version = Version(4), ReadAt = Noon, Shards = [Shard(0), Shard(1)] },
        ["StreamOverview"] = new StreamOverview
        {
            Stream = "events",
            Arn = "arn:aws:kinesis:us-east-1:000000000000:stream/events",
            Status = "UPDATING",
            CreatedAt = Noon,
            OnDemand = true,
            ReadAt = Noon.AddHours(1),
            OperationId = "20261120T120000000-split-00000000",
            Shards =
            [
                new ShardStatus
                {
                    ShardId = "shardId-000000000001",
                    StartingHashKey = 5,
                    EndingHashKey = UInt128.MaxValue,
                    State = "splitting",
                    OwnerSilo = "S10.1.2.3:11111:77",
                    UserRecordsPerSecond = 100.5,
                    RecordsPerSecond = 10.25,
                    BytesPerSecond = 1_000,
                    Utilisation = 0.5,
                    Delivered = 600,
                    DeliveredBytes = 60_000,
                    Throttled = 3,
                    Backlog = 4,
                    HotKeys = [new HotKeyStatus { HashKey = 77, Share = 0.25, PartitionKey = "ключ" }],
                },
            ],
        },
        ["ShardPlan"] = Plan,
        ["StartedOperation"] = new StartedOperation { OperationId = "20261120T120000000-split-00000000", Plan = Plan },
        ["StreamOperation"] = new StreamOperation
        {
            OperationId = "20261120T120000000-merge-00000000",
            Kind = StreamOperationKind.Merge,
            State = OperationState.Stopped,
            StartedAt = Noon,
            EndedAt = Noon.AddMinutes(1),
            Step = 1,
            Steps = 2,
            Reason = "stopped",
            Events = [new OperationEvent { At = Noon, Step = 1, Text = "Accepted." }],
        },
        ["ScalingOptions"] = new ScalingOptions
        {
            Mode = ScalingMode.DryRun,
            ThrottlesPerMinute = 11,
            ConsecutiveMinutes = 4,
            SplitUtilisation = 0.9,
            TargetUtilisation = 0.7,
            MergeUtilisation = 0.5,
            MergeMinutes = 30,
            CoolDown = TimeSpan.FromSeconds(90),
            MinShards = 2,
            MaxShards = 64,
            OperationsPerDay = 12,
            StepsPerOperation = 100,
        },
        ["ScalingOptions, read"] = new ScalingOptions { Version = 7 },
        ["StreamCapacity"] = Capacity,
        ["CapacityChange"] = new CapacityChange
        {
            WarmMiBPerSecond = 200, For = TimeSpan.FromHours(2), MaxRecordKiB = 2_048, OnDemand = true, DryRun = true,
        },
        ["CapacityPlan"] = new CapacityPlan { Before = Capacity, After = Capacity with { WarmMiBPerSecond = 8 }, Notes = ["less"], IsMade = true },
        ["StreamLoad"] = new StreamLoad
        {
            Stream = "events",
            Arn = "arn:aws:kinesis:us-east-1:000000000000:stream/events",
            OnDemand = true,
            OpenShards = 4,
            Hours =
            [
                new LoadSum
                {
                    From = Noon, Minutes = 60, UserRecords = 1, Records = 2, Bytes = 3, PutUnits = 4, BilledKiB = 5, PutUnitsAlone = 6, BilledKiBAlone = 7,
                    PeakShards = 0.5, PeakShardsAlone = 1.5,
                },
            ],
        },
        ["StreamHeat"] = new StreamHeat
        {
            Stream = "events",
            Span = HeatSpan.Day,
            Rows = 2,
            ColumnSeconds = 900,
            Columns =
            [
                new HeatColumn
                {
                    From = Noon, Minutes = 15, Shards = 0, UserRecordsPerSecond = 2.5f, KiBPerSecond = [1.5f, 0], RecordsPerSecond = [3, 0],
                    Utilisation = [0.25f, 0], Marks = [new HeatMark { Row = 1, Throttled = 4, Failed = 5 }],
                    HotKeys = [new HeatKey { HashKey = 7, KiBPerSecond = 1.25f, PartitionKey = "user-17" }],
                },
            ],
            Shards = [[new HeatShard { ShardId = "shardId-000000000001", StartingHashKey = 5, EndingHashKey = UInt128.MaxValue, OwnerSilo = "S10.1.2.3:11111:77" }]],
        },
        ["LastNumbers"] = new LastNumbers
        {
            Lines = [new LastNumber { ProducerNumber = "000000000000abcd.1.180", BegunAt = Noon, GivenAt = Noon, IsInBacklog = true }],
            Failed = ["000000000000abcd.1.7"], FailedBeyond = 2, NotCovered = ["S10.1.2.3:11111:77"],
        },
        ["StreamFailure"] = Failure(3),
        ["FailurePage"] = new FailurePage { Failures = [Failure(8), Failure(9)], Next = 9, HasMore = true, Missed = 2, Since = Noon },
        ["FailedRecordPage"] = new FailedRecordPage { Failures = [Failed()], Next = 9, HasMore = true, Missed = 2, Since = Noon },
        ["RecordExplanation"] = new RecordExplanation
        {
            Stream = "events",
            HashKey = 7,
            ShardId = "shardId-000000000001",
            StartingHashKey = 5,
            EndingHashKey = UInt128.MaxValue,
            OwnerSilo = "S10.1.2.3:11111:77",
            MapVersion = "0badcafe",
            IsMapCurrent = true,
            ReadAt = Noon,
            Utilisation = 0.5,
            Throttled = 3,
            Bucket = -0.25,
            ForeignShare = 0.125,
            HotKey = new HotKeyStatus { HashKey = 7, Share = 0.75, PartitionKey = "ключ" },
            Failure = Failed(),
            Findings = ["one", "two"],
        },
        ["FailureReport"] = new FailureReport { Failures = [Failure(0)], LeftOut = 5 },
        ["FailureReport, numbered"] = new FailureReport
        {
            Failures = [Failure(0)],
            LeftOut = 5,
            Numbers = [new DeadLetterNumber { Letter = 0, Producer = 0x0123456789abcdef, Line = 3, Number = 1_000 }],
        },
        ["DeadLetter"] = Letter(7),
        ["DeadLetterNumber"] = new DeadLetterNumber { Letter = 2, Producer = 0x0123456789abcdef, Line = 3, Number = 1_000 },
        ["DeadLetterReport"] = Letters(1),
        ["DeadLetterReport, numbered"] = Letters(2) with
        {
            Numbers = [new DeadLetterNumber { Letter = 1, Producer = 0x0123456789abcdef, Line = 3, Number = 1_000 }],
        },
        ["DeadLetterReport, of records that are alone"] = Letters(1) with { Alone = true },
        ["BacklogStatus"] = new BacklogStatus
        {
            Records = 1_000,
            Segments = 3,
            Bytes = 40_000,
            OldestAge = TimeSpan.FromSeconds(11),
            IsSpilling = true,
            StoreError = "no answer",
            DeadLetters = 2,
            DamagedSegments = 4,
            WriteUnits = 12.5,
            Cost = 0.75,
        },
        ["ShardListing"] = new ShardListing { Version = Version(5), Shards = [Shard(2)] },
        ["ShardListing, error"] = new ShardListing { Error = Error },
        ["StreamDescription"] = new StreamDescription
        {
            StreamArn = "arn:aws:kinesis:us-east-1:000000000000:stream/events",
            Status = "ACTIVE",
            CreationTime = Noon,
            MaxRecordSizeInKiB = 1_024,
            OnDemand = true,
            Error = Error,
        },
        ["KinesisError"] = Error,
        ["LaneBatch"] = new ClientBatch
        {
            Session = new Guid("00112233-4455-6677-8899-aabbccddeeff"),
            FirstRecord = 1_000,
            Records = Packed(),
            Options = new PutOptions { Immediate = true },
            EndedBefore = 500,
            Silo = Silo.ToId(),
        },
        ["LaneBatch, traced"] = new ClientBatch { Session = default, FirstRecord = 0, Records = Packed(), Silo = Silo.ToId(), Traces = [7, 8, 9] },
        ["LaneBatch, takes back"] = new ClientBatch { Session = default, FirstRecord = 0, Records = Packed(), Silo = Silo.ToId(), TakesBack = true },
        ["LaneReply, with the most in flight"] = new ClientReply(ClientVerdict.Accepted, Silo.ToId(), 3) { MaxInFlight = 64 },
        ["LaneReply, with ranges"] = new ClientReply(ClientVerdict.Accepted, Silo.ToId(), 3)
        {
            RangesVersion = 7,
            Ranges = Orleans.Kpl.Packed.PackedRanges.Pack([(1, 2)]),
            AllSilos = [Silo.ToId()],
            Elsewhere = 12,
        },
        ["LaneReply"] = new ClientReply(ClientVerdict.Invalid, Silo.ToId(), 3, "InvalidStream", "no stream"),
        ["LaneRequest"] = new ClientRequest { Session = new Guid("00112233-4455-6677-8899-aabbccddeeff"), Silo = Silo.ToId(), AcknowledgedUpTo = 6, EndedBefore = 700 },
        ["LaneOutcomes"] = new ClientOutcomes(ClientVerdict.Draining, Silo.ToId(), 4, 7, [PackedEnds(), PackedEnds()]),
        ["RecordValidationException"] = new RecordValidationException("InvalidPartitionKey", "the partition key is empty"),
        ["StreamManagerException"] = new StreamManagerException("ResourceNotFoundException", "no such stream"),
        ["PackedFormatException"] = new PackedFormatException("rubbish"),
    };

    private static MapVersion Version(long number) => new(Noon, 2, number);

    private static StreamShard Shard(int index) => new()
    {
        ShardId = $"shardId-{index:d12}",
        StartingHashKey = (UInt128)index << 120,
        EndingHashKey = ((UInt128)(index + 1) << 120) - 1,
        StartingSequenceNumber = "49590338271490256608559692538361571095921575989136588898",
    };

    private static StreamFailure Failure(long number) => new()
    {
        Number = number,
        EndedAt = Noon.AddSeconds(number),
        Silo = Silo.ToParsableString(),
        Result = RecordResult.NotDelivered(RecordStatus.Unknown, "OwnerLost", "the silo died", Record, Attempts),
    };

    private static FailedRecord Failed() => new()
    {
        Number = 8,
        EndedAt = Noon,
        Process = Silo.ToString(),
        HashKey = 7,
        PartitionKey = "ключ",
        Status = RecordStatus.Unknown,
        ErrorCode = "OwnerLost",
        ErrorMessage = "the silo died",
        AttemptCount = 2,
        Attempts = Attempts,
        Advice = "put it again",
    };

    private static DeadLetterReport Letters(int count) => new()
    {
        ReportId = new Guid("00112233-4455-6677-8899-aabbccddeeff"),
        Letters = [.. Enumerable.Repeat(Letter(0), count)],
        Silo = "S1",
    };

    public static DeadLetter Letter(long number) => new()
    {
        Number = number,
        Record = Record,
        ErrorCode = "ValidationException",
        ErrorMessage = "never",
        PersistedAt = Noon,
        SetAsideAt = Noon.AddMinutes(2),
    };

    private static byte[] Packed()
    {
        var writer = new PackedRecordsWriter();
        writer.TryAdd("k", "v"u8, 5, isExplicit: true);
        return writer.ToArray();
    }

    private static byte[] PackedEnds()
    {
        var writer = new PackedOutcomesWriter();
        writer.TryAdd(1_000, RecordResult.Delivered("shardId-000000000001", "495", 3, Attempts));
        return writer.ToArray();
    }
}
