namespace Orleans.Kpl.Producer.Tests.Faults;

/// <summary>What a producer makes of a fault that goes away.</summary>
internal enum Expected
{
    /// <summary>Every record is delivered once.</summary>
    Once,

    /// <summary>Every record is delivered, and those that the fault left in doubt come more than once.</summary>
    Again,

    /// <summary>Some records fail although they are there.</summary>
    Failed,
}

/// <summary>A kind of fault, as it is tested.</summary>
/// <param name="Timeout">Whether the client has to give up on calls, so that its time-out is short.</param>
/// <param name="IsLikeAnother">Whether another case differs by the code of its error alone: it stands for this one but once.</param>
internal sealed record FaultCase(Fault Fault, Expected Expected = Expected.Once, bool Timeout = false, bool IsLikeAnother = false)
{
    private const string Put = "PutRecords";
    private const string List = "ListShards";

    /// <summary>Bytes of a body that holds at least two aggregates of <see cref="FaultRun"/>: a call of one has no halves and fails.</summary>
    private const int MoreThanOne = 1_000;

    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan TooLong = TimeSpan.FromMinutes(5);

    /// <summary>The shard that faults of one shard meet.</summary>
    public const string SickShard = "shardId-000000000002";

    /// <summary>Every way in which the endpoint can go wrong for a producer.</summary>
    public static IReadOnlyDictionary<string, FaultCase> All { get; } = new Dictionary<string, FaultCase>
    {
        ["slow call"] = new(new LatencyFault { Operation = Put, Delay = Soon, Count = 3 }),
        ["call too slow"] = new(new LatencyFault { Operation = Put, Delay = TooLong, Count = 2 }, Timeout: true),
        ["slow answer"] = new(new LatencyFault { Operation = Put, Delay = Soon, AfterApplying = true, Count = 3 }),
        ["answer too slow"] = new(
            new LatencyFault { Operation = Put, Delay = TooLong, AfterApplying = true, Count = 2 }, Expected.Again, Timeout: true),
        ["record errors"] = new(new RecordErrorFault { Probability = 0.4 }),
        ["record errors, applied"] = new(new RecordErrorFault { Applied = true, Count = 12, Probability = 0.5 }, Expected.Again),
        ["record errors of no known code"] = new(new RecordErrorFault { Code = "SomethingNew", Count = 10 }),
        ["record errors of one shard"] = new(new RecordErrorFault { ShardId = SickShard, Probability = 0.7 }),
        ["throttled shard"] = new(new ThrottleShardFault { ShardId = SickShard, Count = 8 }),
        ["throttled stream"] = new(new ThrottleShardFault { Probability = 0.3 }),
        ["dropped before"] = new(new DropBeforeFault { Operation = Put, Count = 3 }),
        ["dropped after"] = new(new DropAfterFault { Operation = Put, Count = 3 }, Expected.Again),
        ["applied late"] = new(new ApplyLateFault { Operation = Put, Delay = Soon, Count = 2 }, Expected.Again, Timeout: true),
        ["reset in the request"] = new(new ResetFault { Operation = Put, Count = 3 }),
        ["reset in the answer"] = new(new ResetFault { Operation = Put, InAnswer = true, Count = 3 }, Expected.Again),
        ["half-open"] = new(new HalfOpenFault { Operation = Put, Count = 2 }, Timeout: true),
        ["slow drip"] = new(
            new SlowDripFault { Operation = Put, Bytes = 64, Every = TimeSpan.FromMilliseconds(5), Count = 3 }),
        ["drip too slow"] = new(
            new SlowDripFault { Operation = Put, Bytes = 1, Every = TooLong, Count = 2 }, Expected.Again, Timeout: true),
        ["overtaken answers"] = new(new OvertakenAnswerFault { Operation = Put, AtMost = Soon, Count = 4 }),
        ["wrong FailedRecordCount"] = new(new WrongCountFault { Operation = Put, Count = 3 }),
        ["missing results"] = new(new WrongCountFault { Operation = Put, MissingResults = 1, Count = 2 }, Expected.Failed),
        ["falling sequence numbers"] = new(new FallingSequenceNumberFault { Operation = Put, Count = 3 }),
        ["stale map"] = new(new StaleMapFault { Count = 3 }),
        ["service's clock ahead"] = new(new ClockSkewFault()),
        ["service's clock behind"] = new(new ClockSkewFault { Skew = TimeSpan.FromMinutes(-20) }),
        ["503 in HTML"] = new(new HtmlErrorFault { Operation = Put, Count = 3 }),
        ["413 in HTML"] = new(new HtmlErrorFault { Operation = Put, Status = 413, OverBytes = MoreThanOne, Count = 3 }),
        ["outage"] = new(new OutageFault { For = TimeSpan.FromMilliseconds(500) }),
        ["poison answer"] = new(new ErrorFault { Operation = Put, Type = "ValidationException", OverBytes = MoreThanOne, Count = 1 }),
        ["no map: error"] = new(new ErrorFault { Operation = List, Count = 3 }),
        ["no map: dropped"] = new(new DropBeforeFault { Operation = List, Count = 1 }),
        ["no map: denied"] = new(new ErrorFault { Operation = List, Type = "AccessDeniedException" }),
        ["no map: 503 in HTML"] = new(new HtmlErrorFault { Operation = List, Count = 1 }),
        ["InternalFailure"] = new(new ErrorFault { Operation = Put, Count = 3 }),
        ["ServiceUnavailable"] = OfType("ServiceUnavailable"),
        ["whole call throttled"] = OfType("ProvisionedThroughputExceededException"),
        ["KMSThrottlingException"] = LikeAnother("KMSThrottlingException"),
        ["KMSDisabledException"] = OfType("KMSDisabledException"),
        ["KMSInvalidStateException"] = LikeAnother("KMSInvalidStateException"),
        ["KMSAccessDeniedException"] = LikeAnother("KMSAccessDeniedException"),
        ["KMSNotFoundException"] = LikeAnother("KMSNotFoundException"),
        ["KMSOptInRequired"] = LikeAnother("KMSOptInRequired"),
        ["AccessDeniedException"] = LikeAnother("AccessDeniedException"),
        ["ExpiredTokenException"] = OfType("ExpiredTokenException"),
        ["UnrecognizedClientException"] = LikeAnother("UnrecognizedClientException"),
        ["InvalidSignatureException"] = LikeAnother("InvalidSignatureException"),
        ["LimitExceededException"] = LikeAnother("LimitExceededException"),
    };

    private static FaultCase OfType(string type) => new(new ErrorFault { Operation = Put, Type = type, Count = 3 });

    private static FaultCase LikeAnother(string type) => OfType(type) with { IsLikeAnother = true };
}
