using Orleans.Kpl.Conditions;

namespace Orleans.Kpl.Abstractions.Tests.Conditions;

/// <remarks>Tests <see cref="ConditionRules"/> and <see cref="FullShardRule"/>.</remarks>
public sealed class ConditionRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 14, 30, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Since = new(2026, 1, 2, 14, 2, 5, TimeSpan.Zero);
    private static readonly TierFacts Calm = new() { Now = Now, Stream = "events", Status = "ACTIVE", Shards = 4, Waiting = 12 };

    [Fact]
    public void Judge_WhereNothingIsWrong_SaysThatAllIsWell() => Assert.Equal((ConditionSeverity.Well, "All is well."), Told(Calm));

    /// <summary><c>kpl top</c> said that all is well while Kinesis hung.</summary>
    [Fact]
    public void Judge_BeforeTheShardsWereRead_DoesNotSayThatAllIsWell() =>
        Assert.Equal((ConditionSeverity.Busy, "The shards of events are being read: Kinesis has not answered yet."), Told(Calm with { Status = null }));

    [Fact]
    public void Judge_WhileKinesisIsAway_TellsSinceWhen_WhatWaits_AndWhatToDo()
    {
        var away = Calm with { AwaySince = Since, AwayCode = "ConnectionFailed", Waiting = 12_310, OldestAge = TimeSpan.FromSeconds(40.7) };
        Assert.Equal(
            (ConditionSeverity.Bad,
                "Kinesis is away since 14:02 UTC (ConnectionFailed), 12,310 records wait, the oldest 40 s: "
                + "check that something listens at the endpoint (Kpl:Kinesis:EndpointUrl), then DNS, security groups, the VPC endpoint and proxies."),
            Told(away));
        Assert.StartsWith("Kinesis is away since 2026-01-01 14:02 UTC (", Told(away with { AwaySince = Since.AddDays(-1) }).Sentence, StringComparison.Ordinal);
        Assert.Contains("(ConnectionFailed), 1 record waits", Told(away with { Waiting = 1 }).Sentence, StringComparison.Ordinal);
        var expired = new LatestFailures { Code = "Expired", Streams = ["events"], Count = 3, FirstAt = Since.AddSeconds(30), LastAt = Now };
        Assert.Contains("the oldest 40 s; 3 records ended with Expired since 14:02 UTC: check", Told(away with { Failures = expired }).Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("ended", Told(away with { Failures = expired with { LastAt = Since.AddSeconds(-1) } }).Sentence, StringComparison.Ordinal);
    }

    /// <summary>It said that Kinesis is away, and sent for DNS and proxies, where one silo of three could not reach it and had a third of the shards.</summary>
    [Fact]
    public void Judge_WhereSomeSilosAloneCannotReachKinesis_NamesThem_AndTellsToStopThem()
    {
        var away = Calm with { AwaySince = Since, AwayCode = "ConnectionFailed", AwayFor = ["10.0.0.1:11111@7"] };
        Assert.StartsWith(
            "Kinesis is away for silo 10.0.0.1:11111 alone since 14:02 UTC (ConnectionFailed), 12 records wait: "
            + "stop it, so that its shards move to the others; there check that something listens at the endpoint",
            Told(away).Sentence, StringComparison.Ordinal);
        Assert.Contains(
            "away for silos 10.0.0.1:11111 and 10.0.0.2:11111 alone since", Told(away with { AwayFor = ["10.0.0.1:11111@7", "10.0.0.2:11111@8"] }).Sentence,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_WhereSilosReachKinesisOnlyThroughOthers_NamesThem()
    {
        var relayed = Calm with { RelayedSince = Since, RelayedFor = ["10.0.0.1:11111@7"] };
        Assert.Equal(
            (ConditionSeverity.Warning,
                "Silo 10.0.0.1:11111 has reached Kinesis only through other silos since 14:02 UTC: check its network and its credentials, or stop it."),
            Told(relayed));
        Assert.StartsWith(
            "Silos 10.0.0.1:11111 and 10.0.0.2:11111 have reached Kinesis only through other silos since",
            Told(relayed with { RelayedFor = ["10.0.0.1:11111@7", "10.0.0.2:11111@8"] }).Sentence, StringComparison.Ordinal);
        Assert.StartsWith(
            "This silo has reached Kinesis only through other silos since 14:02 UTC: check its network",
            ConditionRules.Judge(new KplHealth { RelayedSince = Since }, Now, outstanding: null).Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(4, "4 of 4 shards full since 14:02 UTC: split to 8.")]
    [InlineData(2, "2 of 4 shards full since 14:02 UTC: split them.")]
    [InlineData(1, "Shard 12 is full since 14:02 UTC: split it.")]
    public void Judge_WhereShardsAreFull_SaysHowManyAndWhatToSplit(int full, string sentence) =>
        Assert.Equal((ConditionSeverity.Warning, sentence), Told(Full(full)));

    [Fact]
    public void Judge_WhereAShardIsFullOfOneKey_SaysThatNoSplitHelps() => Assert.Equal(
        "Shard 12 is full since 14:02 UTC: one key (hot-A) has at least 93 % of it, and no split divides a key: spread it over several keys.",
        Told(Full(1) with { HotKeyShare = 0.934, HotKey = "hot-A" }).Sentence);

    /// <summary>It said "split it" while too few records had been seen to know that one key filled the shard.</summary>
    [Fact]
    public void Judge_WhereTheKeysOfAFullShardAreNotKnownYet_DoesNotPromiseThatASplitHelps() => Assert.Equal(
        "Shard 12 is full since 14:02 UTC: split it if its records have many keys (whether one key fills it is not known yet).",
        Told(Full(1) with { HotKeyShare = null }).Sentence);

    /// <summary>A person was sent for other writers and for shards where one key of one shard had all the throttles.</summary>
    [Theory]
    [InlineData("shardId-000000000007", 0.99, 0, ", nearly all for shard 7: one key (17) has at least 99 % of it, and no split divides a key: spread it over several keys.")]
    [InlineData("shardId-000000000007", null, 0, ", nearly all for shard 7: split it if its records have many keys (whether one key fills it is not known yet).")]
    [InlineData("shardId-000000000007", 0.1, 0, ", nearly all for shard 7: split it if it is full (kpl shards).")]
    [InlineData("shardId-000000000007", 0.99, 0.5, ", nearly all for shard 7: less is sent than the shards take, so find other writers of the stream.")]
    [InlineData(null, null, 0.4, ": add shards where they are full (kpl shards).")]
    [InlineData(null, null, 0.8, ": less is sent than the shards take, so find other writers of the stream.")]
    public void Judge_OfThrottles_NamesTheKey_AndOtherWritersOnlyWhereTheyShow(string? shard, double? hot, double others, string end) => Assert.Equal(
        $"Kinesis throttles 6 % of what is sent{end}",
        Told(Calm with { ThrottledShare = 0.06, OneShard = shard, HotKeyShare = hot, HotKey = hot is null ? null : "17", OthersShare = others }).Sentence);

    [Fact]
    public void Judge_WhereAFullStreamIsSplitOrSplitsItself_SaysSo()
    {
        Assert.EndsWith(": its shards are being changed, step 3 of 8.", Told(Full(4) with { Operation = Running }).Sentence, StringComparison.Ordinal);
        Assert.EndsWith(": Kinesis adds shards of on-demand streams by itself.", Told(Full(4) with { OnDemand = true }).Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_WhereAStreamIsNotThere_NamesIt()
    {
        var (severity, sentence) = Told(Calm with { Stream = "Events", TroubleCode = "ResourceNotFoundException" });
        Assert.Equal(ConditionSeverity.Bad, severity);
        Assert.Equal(
            "Stream Events does not exist in this account and region: check the stream's name, the region and the account (kpl check).", sentence);
    }

    [Fact]
    public void Judge_OfASiloThatIsGone_TellsOfItsLossForFiveMinutes()
    {
        var lost = Calm with { Lost = "S127.0.0.1:11112:154459804", LostAt = Since, Now = Since.AddMinutes(4) };
        Assert.Equal(
            (ConditionSeverity.Warning, "Silo 127.0.0.1:11112 was lost at 14:02 UTC and its shards get new owners: see in its log why it ended."), Told(lost));
        Assert.Equal("All is well.", Told(lost with { Now = Since.AddMinutes(5) }).Sentence);
        Assert.StartsWith("Silo 10.0.0.1:11111 does not answer: ", Told(lost with { Silent = ["S10.0.0.1:11111:1"] }).Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Judge_WhereRecordsFail_TellsHowManyAndWhyForFiveMinutes()
    {
        var failures = new LatestFailures { Code = "OwnerLost", Streams = ["events"], Count = 165, FirstAt = Since, LastAt = Now.AddMinutes(-1) };
        var failing = Calm with { Failures = failures };
        Assert.Equal(
            (ConditionSeverity.Bad, "165 records ended with OwnerLost since 14:02 UTC, the last at 14:29 UTC: put it again if duplicates are harmless."), Told(failing));
        Assert.Equal("All is well.", Told(failing with { Failures = failures with { LastAt = Now.AddMinutes(-5) } }).Sentence);
    }

    [Fact]
    public void Judge_OfABacklog_TellsWhetherItShrinksGrowsOrCannotBeUsed()
    {
        var backlog = new BacklogStatus { Records = 500, OldestAge = TimeSpan.FromSeconds(90) };
        Assert.Equal(
            (ConditionSeverity.Busy, "500 records of the backlog wait, the oldest 90 s: they are being delivered."), Told(Calm with { Backlog = backlog }));
        // What memory has expires before that, and was hidden behind it.
        Assert.Equal(ConditionCodes.RecordsOld, CodeOf(Calm with { Backlog = backlog, OldestInMemory = TimeSpan.FromSeconds(16) }));
        Assert.Equal(ConditionCodes.Spilling, CodeOf(Calm with { Backlog = backlog with { IsSpilling = true } }));
        Assert.Equal(ConditionCodes.BacklogGrowing, CodeOf(Calm with { Backlog = backlog with { OldestAge = TimeSpan.FromSeconds(301) } }));
        Assert.Equal(
            (ConditionSeverity.Bad, "The backlog's store cannot be used: No space left on device; docs/runbook/alerts/store-unusable.md tells what to do."),
            Told(Calm with { Backlog = backlog with { StoreError = "No space left on device.\n   at System.IO.File" } }));
    }

    /// <summary>A full disk was hidden behind an outage, though it can be mended at once and loses what cannot be kept.</summary>
    [Fact]
    public void Judge_WhereTheStoreFailsWhileKinesisIsAway_TellsBothAndTheStoreFirst()
    {
        var (severity, sentence) = Told(Calm with
        {
            AwaySince = Since, AwayCode = "ConnectionFailed", Waiting = 7, Backlog = new BacklogStatus { StoreError = "the disk is full" },
        });
        Assert.Equal(ConditionSeverity.Bad, severity);
        Assert.StartsWith("The backlog's store cannot be used: the disk is full; ", sentence, StringComparison.Ordinal);
        Assert.Contains(". Kinesis is away since 14:02 UTC (ConnectionFailed), 7 records wait: ", sentence, StringComparison.Ordinal);
    }

    /// <summary>After a restart nothing is in memory, and what the backlog has waits all the same.</summary>
    [Fact]
    public void Judge_OfAProcess_TellsOfWhatItsBacklogHas()
    {
        var health = new KplHealth { Backlog = new BacklogStatus { Records = 100, OldestAge = TimeSpan.FromSeconds(90) }, Waiting = 100 };
        var condition = ConditionRules.Judge(health, Now, outstanding: 0);
        Assert.Equal((ConditionCodes.BacklogReplaying, "100 records of the backlog wait, the oldest 90 s: they are being delivered."), (condition.Code, condition.Sentence));
        var away = ConditionRules.Judge(health with { DegradedSince = Since, DegradedCode = "ConnectionFailed" }, Now, outstanding: 0);
        Assert.Contains(", 100 records wait: ", away.Sentence, StringComparison.Ordinal);
        Assert.Equal(ConditionCodes.Well, ConditionRules.Judge(health, Now, outstanding: null).Code);
    }

    [Fact]
    public void Judge_OfALedgerThatDoesNotAddUp_TellsByHowMuch()
    {
        var ledger = new StreamLedger(10, 4, 1, 1, 1, 1, 1);
        Assert.StartsWith("The ledger is 1 record off: ", Told(Calm with { Ledger = ledger }).Sentence, StringComparison.Ordinal);
        Assert.Equal("All is well.", Told(Calm with { Ledger = ledger with { Delivered = 5 } }).Sentence);
    }

    [Fact]
    public void Judge_OfThrottlesOldRecordsAndChanges_SaysSo()
    {
        Assert.Equal(ConditionCodes.Throttled, CodeOf(Calm with { ThrottledShare = 0.06 }));
        Assert.Equal(ConditionCodes.Well, CodeOf(Calm with { ThrottledShare = 0.05 }));
        Assert.Equal(ConditionCodes.RecordsOld, CodeOf(Calm with { OldestInMemory = TimeSpan.FromSeconds(16) }));
        Assert.Equal((ConditionSeverity.Busy, "The shards are being changed, step 3 of 8: nothing is to be done."), Told(Calm with { Operation = Running }));
        Assert.Equal((ConditionSeverity.Busy, "The stream is UPDATING: wait until it is ACTIVE."), Told(Calm with { Status = "UPDATING" }));
    }

    /// <summary>A page once showed the stack trace that Orleans appends to its messages, for a mere look after a silo was killed.</summary>
    [Fact]
    public void Judge_WhereTheManagerDoesNotAnswer_HasAWordForPeople() => Assert.StartsWith(
        "The stream's manager does not answer, perhaps because a silo was just lost",
        Told(Calm with { TroubleCode = StreamManagerErrorCodes.ManagerUnavailable }).Sentence, StringComparison.Ordinal);

    /// <summary>Records that callers had as persisted were gone with their segment, and everybody said that all was well.</summary>
    [Fact]
    public void Judge_OfSegmentsThatCouldNotBeRead_SaysSo()
    {
        const string rest = "with records that are not delivered: the log says where, and docs/runbook/alerts/segments-damaged.md what to do.";
        Assert.Equal(
            (ConditionSeverity.Bad, $"1 segment of the backlog could not be read and was moved aside, {rest}"),
            Told(Calm with { DamagedSegments = 1, SetAside = 2 }));
        Assert.Equal(
            $"3 segments of the backlog could not be read and were moved aside, {rest}",
            ConditionRules.Judge(new KplHealth { DamagedSegments = 3 }, Now, 0).Sentence);
        var forStrangers = ConditionRules.Judge(new KplHealth { DamagedSegments = 3 }, Now, null).Sentence;
        Assert.StartsWith("Segments of the backlog could", forStrangers, StringComparison.Ordinal);
    }

    /// <summary>Records that callers had as persisted were dead letters, and everybody said that all was well.</summary>
    [Fact]
    public void Judge_OfRecordsThatAreSetAside_SaysSoUntilTheyAreNot()
    {
        var (severity, sentence) = Told(Calm with { SetAside = 2, ThrottledShare = 0.5 });
        Assert.Equal(
            (ConditionSeverity.Bad, "2 records are set aside and not delivered: see why with kpl backlog --stream events, then requeue or drop what is there."), (severity, sentence));
        Assert.Equal(ConditionCodes.SetAside, CodeOf(Calm with { SetAside = 1 }));
        Assert.StartsWith("3 records are set aside", ConditionRules.Judge(new KplHealth { SetAside = 3 }, Now, 0).Sentence, StringComparison.Ordinal);
        var health = new KplHealth { SetAside = 3, SetAsideStreams = ["evnts"] };
        Assert.StartsWith("3 records of evnts are set aside and not delivered: see why with kpl backlog --stream evnts, then", ConditionRules.Judge(health, Now, 0).Sentence, StringComparison.Ordinal);
        Assert.StartsWith("3 records of 2 streams are set aside and not delivered: see why with kpl backlog --stream a, and so for b, then",
            ConditionRules.Judge(health with { SetAsideStreams = ["a", "b"] }, Now, 0).Sentence, StringComparison.Ordinal);
        Assert.StartsWith("Records are set aside", ConditionRules.Judge(new KplHealth { SetAside = 3 }, Now, null).Sentence, StringComparison.Ordinal);
        Assert.Equal(ConditionCodes.Well, ConditionRules.Judge(new KplHealth(), Now, 0).Code);
    }

    /// <summary>Everybody said that all was well; where ordered records waited for it, people were sent to look at the shards.</summary>
    [Fact]
    public void Judge_WhileDynamoDbIsAway_SaysSo_BeforeWhatComesOfIt()
    {
        var health = new KplHealth { StateTrouble = (Since, "table kpl-state: no answer in time"), OldestRecordAge = TimeSpan.FromSeconds(20) };
        const string end = "unordered streams go on, ordered ones wait, and no silo joins or is replaced; docs/cluster.md tells the rest.";
        Assert.Equal(
            new TierCondition(
                ConditionSeverity.Warning, ConditionCodes.StateUnusable,
                $"DynamoDB cannot be used since 14:02 UTC (table kpl-state: no answer in time): {end}", Since),
            ConditionRules.Judge(health, Now, 1));
        Assert.Equal($"DynamoDB cannot be used since 14:02 UTC (the log tells why): {end}", ConditionRules.Judge(health, Now, null).Sentence);
        Assert.Equal(ConditionCodes.RecordsOld, ConditionRules.Judge(health, Since.AddSeconds(14), 1).Code);
    }

    [Fact]
    public void Judge_OfAProcess_TellsNoCountToWhoMayNotKnow()
    {
        var health = new KplHealth { DegradedSince = Since, DegradedCode = "AccessDeniedException", OldestRecordAge = TimeSpan.FromSeconds(5) };
        Assert.DoesNotContain("record", ConditionRules.Judge(health, Now, null).Sentence.Split(':')[1], StringComparison.Ordinal);
        Assert.Contains("7 records wait, the oldest 5 s", ConditionRules.Judge(health, Now, 7).Sentence, StringComparison.Ordinal);
    }

    /// <summary><c>/health</c> said once that all was well where the page told of failed records: it knew nothing of them.</summary>
    [Fact]
    public void Judge_OfAProcess_TellsOfItsFailedRecords_AndOfWhichStreams()
    {
        var failures = new LatestFailures { Code = "Expired", Streams = ["clicks"], Count = 3, FirstAt = Since, LastAt = Since.AddSeconds(10) };
        var health = new KplHealth { Failures = failures };
        var at = Since.AddMinutes(1);
        Assert.StartsWith("3 records of clicks ended with Expired at 14:02 UTC: ", ConditionRules.Judge(health, at, 0).Sentence, StringComparison.Ordinal);
        var ofTwo = new KplHealth { Failures = failures with { Streams = ["clicks", "events"] } };
        Assert.StartsWith("3 records of clicks and events ended with", ConditionRules.Judge(ofTwo, at, 0).Sentence, StringComparison.Ordinal);
        var ofMany = new KplHealth { Failures = failures with { Streams = ["a", "b", "c", "d"] } };
        Assert.StartsWith("3 records of a, b and 2 more ended with", ConditionRules.Judge(ofMany, at, 0).Sentence, StringComparison.Ordinal);
        Assert.StartsWith("Records ended with Expired at 14:02 UTC: ", ConditionRules.Judge(health, at, null).Sentence, StringComparison.Ordinal);
        Assert.Equal(ConditionCodes.Well, ConditionRules.Judge(health, failures.Until, 0).Code);
    }

    [Fact]
    public void Latest_OfSeveralStreamsAndCodes_TellsThoseOfTheCodeThatCameLast()
    {
        var old = new LatestFailures { Code = "Expired", Streams = ["a"], Count = 9, FirstAt = Since.AddMinutes(-9), LastAt = Since.AddMinutes(-8) };
        var first = new LatestFailures { Code = "Expired", Streams = ["b"], Count = 2, FirstAt = Since, LastAt = Since.AddSeconds(3) };
        var other = new LatestFailures { Code = "Throttled", Streams = ["b"], Count = 5, FirstAt = Since, LastAt = Since.AddSeconds(2) };
        var last = new LatestFailures { Code = "Expired", Streams = ["a"], Count = 4, FirstAt = Since.AddSeconds(1), LastAt = Since.AddSeconds(4) };
        var told = LatestFailures.Latest([old, first, other, last], Since.AddMinutes(1))!;
        Assert.Equal(("Expired", "a b", 6L, Since, last.LastAt), (told.Code, string.Join(' ', told.Streams), told.Count, told.FirstAt, told.LastAt));
        Assert.Null(LatestFailures.Latest([old], Since));
    }

    /// <summary>One post to a misspelt stream each five minutes made the tier bad for ever, and hid what else was wrong.</summary>
    [Fact]
    public void Failures_OfStreamsThatStrangersMisspelt_AreAWarning_AndHideNothing()
    {
        var own = new LatestFailures { Code = "Expired", Streams = ["events"], Count = 2, FirstAt = Since, LastAt = Since };
        var strange = new LatestFailures
        {
            Code = "ResourceNotFoundException", Streams = ["evnets"], Count = 1, FirstAt = Since, LastAt = Since.AddSeconds(9), AreOfStrangers = true,
        };
        var at = Since.AddMinutes(1);
        Assert.Equal(own, LatestFailures.Latest([strange, own], at)! with { Streams = own.Streams });
        var told = LatestFailures.Latest([strange with { AreOfStrangers = false, Streams = ["gone"] }, strange], at)!;
        Assert.Equal(("gone", 1L), (Assert.Single(told.Streams), told.Count));

        var condition = ConditionRules.Judge(new KplHealth { Failures = strange }, at, 0);
        Assert.Equal((ConditionSeverity.Warning, ConditionCodes.RecordsFailing), (condition.Severity, condition.Code));
        Assert.StartsWith("1 record of evnets ended with ResourceNotFoundException at 14:02 UTC: ", condition.Sentence, StringComparison.Ordinal);
        Assert.Equal(ConditionCodes.Throttled, CodeOf(Calm with { Now = at, Failures = strange, ThrottledShare = 0.5 }));
        Assert.Equal(ConditionSeverity.Bad, ConditionRules.Judge(new KplHealth { Failures = strange with { AreOfStrangers = false } }, at, 0).Severity);
    }

    [Fact]
    public void Sentences_AreOneSentenceEach()
    {
        TierFacts[] all =
        [
            Calm, Full(4), Full(1), Calm with { SetAside = 2 }, Calm with { AwaySince = Since, AwayCode = "HTTP 502" },
            Calm with { Failures = new LatestFailures { Code = "Odd", Count = 1, FirstAt = Now, LastAt = Now } },
        ];
        Assert.All(all.Select(f => Told(f).Sentence), static s => Assert.Matches(@"^[^.\n]*(\.[^ .\n][^.\n]*)*\.$", s));
    }

    [Fact]
    public void Codes_AreThoseOfTheDocument()
    {
        var table = File.ReadAllText(Path.Combine(Checkout.Root, "docs", "dashboard.md"));
        var codes = typeof(ConditionCodes).GetFields().Where(static f => f.IsLiteral).Select(static f => (string)f.GetRawConstantValue()!).ToList();
        Assert.NotEmpty(codes);
        Assert.All(codes, c => Assert.Matches($@"(?m)^\|[^|]*`{c}`[^|]*\|", table));
    }

    private static StreamOperation Running => new()
    {
        Kind = StreamOperationKind.Scale, State = OperationState.Running, StartedAt = Since, Step = 3, Steps = 8, Reason = "asked for",
    };

    private static TierFacts Full(int shards) =>
        Calm with { FullShards = [.. Enumerable.Range(12, shards).Select(static n => $"shardId-{n:000000000000}")], FullSince = Since, HotKeyShare = 0 };

    private static string CodeOf(TierFacts facts) => ConditionRules.Judge(facts).Code;

    private static (ConditionSeverity Severity, string Sentence) Told(TierFacts facts)
    {
        var told = ConditionRules.Judge(facts);
        return (told.Severity, told.Sentence);
    }
}
