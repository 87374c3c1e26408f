using Orleans.Kpl.Texts;
using static Orleans.Kpl.Conditions.ConditionText;
using static System.FormattableString;

namespace Orleans.Kpl.Conditions;

/// <summary>
/// Decides what a tier, a process or a stream is told to be: what comes first here hides what comes later. <c>/health</c>, health checks, the dashboard,
/// <c>kpl status</c> and <c>kpl top</c> all ask here.
/// </summary>
internal static class ConditionRules
{
    /// <summary>Returns the most urgent condition.</summary>
    public static TierCondition Judge(TierFacts facts) =>
        Missing(facts) ?? AwayWithoutStore(facts) ?? Away(facts) ?? Silos(facts) ?? Store(facts) ?? Unbalanced(facts) ?? Failing(facts) ?? Lacking(facts)
        ?? Damaged(facts) ?? SetAside(facts) ?? State(facts) ?? Relayed(facts) ?? FullShardRule.Find(facts) ?? Throttled(facts) ?? Waiting(facts)
        ?? NotRead(facts) ?? Failing(facts, ofStrangers: true) ?? NotReadYet(facts) ?? Changing(facts)
        ?? new TierCondition(ConditionSeverity.Well, ConditionCodes.Well, "All is well.");

    /// <summary>Returns the condition of a process, from its own calls and records.</summary>
    /// <param name="health">What the process sees of them.</param>
    /// <param name="outstanding">Its records that have not ended; null where the reader may not know.</param>
    public static TierCondition Judge(KplHealth health, DateTimeOffset now, long? outstanding) => Judge(new TierFacts
    {
        Now = now,
        MissingStreams = health.MissingStreams.Count == 0 ? null : outstanding is null ? [] : health.MissingStreams,
        AwaySince = health.DegradedSince,
        AwayCode = health.DegradedCode,
        RelayedSince = health.RelayedSince,
        Waiting = outstanding is null ? null : health.Waiting ?? outstanding,
        OldestAge = outstanding is null ? null : health.OldestRecordAge,
        OldestInMemory = outstanding is null ? null : health.OldestInMemory ?? health.OldestRecordAge,
        // The store's words have paths and names of tables.
        Backlog = outstanding is not null ? (health.Backlog ?? new BacklogStatus()) with { StoreError = health.BacklogError }
            : health.BacklogError is null ? null : new BacklogStatus { StoreError = "the log tells why" },
        StateTrouble = outstanding is null && health.StateTrouble is { } trouble ? trouble with { Why = "the log tells why" } : health.StateTrouble,
        DamagedSegments = health.DamagedSegments == 0 ? null : outstanding is null ? 0 : health.DamagedSegments,
        SetAside = health.SetAside == 0 ? null : outstanding is null ? 0 : health.SetAside,
        SetAsideStreams = outstanding is null ? [] : health.SetAsideStreams,
        Failures = outstanding is null && health.Failures is { } failures ? failures with { Count = 0, Streams = [] } : health.Failures,
    });

    private static TierCondition? Missing(TierFacts f) => f.TroubleCode != RecordErrorCodes.ResourceNotFound ? null
        : Bad(ConditionCodes.StreamMissing, $"Stream {f.Stream} does not exist in this account and region: {NextStep(RecordErrorCodes.ResourceNotFound)}.");

    /// <summary>While both last nothing can be kept anywhere, and records are lost: the store comes first, which is nearer at hand.</summary>
    private static TierCondition? AwayWithoutStore(TierFacts f) =>
        Store(f) is { } store && Away(f) is { } away ? store with { Sentence = $"{store.Sentence} {away.Sentence}" } : null;

    private static TierCondition? Away(TierFacts f)
    {
        if (f.AwaySince is not { } since || f.AwayCode is not { } code)
            return null;
        var wait = f.Waiting is > 0 and { } waiting ? Invariant($", {Quantity.Of(waiting, "record")} wait{(waiting == 1 ? "s" : "")}") : "";
        var oldest = f is { Waiting: > 0, OldestAge: { TotalSeconds: >= 1 } age } ? $", the oldest {Age(age)}" : "";
        var ended = f.Failures is { Count: > 0 } lost && lost.LastAt >= since && f.Now < lost.Until
            ? $"; {Quantity.Of(lost.Count, "record")} ended with {lost.Code} since {Time(lost.FirstAt, f.Now)}" : "";
        var (silos, remedy) = f.AwayFor switch
        {
            [] => ("", ""),
            [var one] => ($" for silo {Silo(one)} alone", "stop it, so that its shards move to the others; there "),
            var some => ($" for silos {Names([.. some.Select(Silo)])} alone", "stop them, so that their shards move to the others; there "),
        };
        return Bad(ConditionCodes.KinesisAway, $"Kinesis is away{silos} since {Time(since, f.Now)} ({code}){wait}{oldest}{ended}: {remedy}{NextStep(code)}.", since);
    }

    private static TierCondition? Relayed(TierFacts f)
    {
        if (f.RelayedSince is not { } since)
            return null;
        var (who, what) = f.RelayedFor switch
        {
            [] => ("This silo has", "its network and its credentials, or stop it"),
            [var one] => ($"Silo {Silo(one)} has", "its network and its credentials, or stop it"),
            var some => ($"Silos {Names([.. some.Select(Silo)])} have", "their network and their credentials, or stop them"),
        };
        return Warning(ConditionCodes.KinesisRelayed, $"{who} reached Kinesis only through other silos since {Time(since, f.Now)}: check {what}.", since);
    }

    private static TierCondition? Silos(TierFacts f)
    {
        if (f.Silent.Count > 0)
        {
            var names = string.Join(" and ", f.Silent.Select(Silo));
            return Bad(ConditionCodes.SiloSilent, f.Silent.Count == 1
                ? $"Silo {names} does not answer: look whether its process and the way to it are there; else its shards get new owners."
                : $"Silos {names} do not answer: look whether their processes and the way to them are there; else their shards get new owners.");
        }

        return f is { Lost: { } lost, LostAt: { } at } && f.Now - at < ConditionLimits.Recent
            ? Warning(ConditionCodes.SiloLost, $"Silo {Silo(lost)} was lost at {Time(at, f.Now)} and its shards get new owners: see in its log why it ended.", at)
            : null;
    }

    private static TierCondition? Store(TierFacts f) => f.Backlog?.StoreError is { } error
        ? Bad(ConditionCodes.StoreUnusable, $"The backlog's store cannot be used: {OneLine(error).TrimEnd('.')}; docs/runbook/alerts/store-unusable.md tells what to do.")
        : null;

    private static TierCondition? Unbalanced(TierFacts f)
    {
        if (f.Ledger is not { } l)
            return null;
        var off = l.Accepted - l.Delivered - l.Failed - l.Unknown - l.InFlight - l.InBacklog - l.DeadLettered;
        return off == 0 ? null
            : Bad(ConditionCodes.LedgerUnbalanced, $"The ledger is {Quantity.Of(Math.Abs(off), "record")} off: see the runbook, docs/runbook/alerts/ledger-unbalanced.md.");
    }

    /// <param name="ofStrangers">A name that somebody else misspelt is worth a sentence, but it must not keep the tier from being well.</param>
    private static TierCondition? Failing(TierFacts f, bool ofStrangers = false)
    {
        if (f.Failures is not { } failures || failures.AreOfStrangers != ofStrangers || f.Now >= failures.Until)
            return null;
        var (first, last) = (Time(failures.FirstAt, f.Now), Time(failures.LastAt, f.Now));
        var what = failures.Count == 0 ? "Records" : Quantity.Of(failures.Count, "record");
        if (f.Stream is null && failures.Streams.Count > 0)
            what += $" of {Names(failures.Streams)}";
        var when = first == last ? $"at {first}" : $"since {first}, the last at {last}";
        return new TierCondition(
            ofStrangers ? ConditionSeverity.Warning : ConditionSeverity.Bad, ConditionCodes.RecordsFailing,
            $"{what} ended with {failures.Code} {when}: {NextStep(failures.Code)}.", failures.FirstAt);
    }

    /// <summary>Also where no record failed lately: nothing changed since.</summary>
    private static TierCondition? Lacking(TierFacts f)
    {
        if (f.MissingStreams is not { } names)
            return null;
        var what = names.Count == 0 ? "A stream of the settings does" : names.Count == 1 ? $"Stream {names[0]} does" : $"Streams {Names(names)} do";
        return Bad(ConditionCodes.StreamMissing, $"{what} not exist in this account and region: {NextStep(RecordErrorCodes.ResourceNotFound)}.");
    }

    /// <summary>Records of them were told as persisted.</summary>
    private static TierCondition? Damaged(TierFacts f) => f.DamagedSegments is not { } count ? null
        : Bad(
            ConditionCodes.SegmentsDamaged,
            $"{(count == 0 ? "Segments" : Quantity.Of(count, "segment"))} of the backlog could not be read and {(count == 1 ? "was" : "were")} moved aside, "
                + "with records that are not delivered: the log says where, and docs/runbook/alerts/segments-damaged.md what to do.");

    private static TierCondition? SetAside(TierFacts f)
    {
        if (f.SetAside is not { } count)
            return null;
        var what = count == 0 ? "Records" : Quantity.Of(count, "record");
        // Without --stream, kpl backlog asks about its default stream.
        var (of, next) = f.Stream is { } stream ? ("", $" --stream {stream}")
            : f.SetAsideStreams switch
            {
                [] => ("", ""),
                [var one] => ($" of {one}", $" --stream {one}"),
                var many => ($" of {Quantity.Of(many.Count, "stream")}", $" --stream {many[0]}, and so for {string.Join(", ", many.Skip(1).Take(3))}"),
            };
        return Bad(
            ConditionCodes.SetAside,
            $"{what}{of} {(count == 1 ? "is" : "are")} set aside and not delivered: see why with kpl backlog{next}, then requeue or drop what is there.");
    }

    /// <summary>Before what comes of it: records of ordered streams wait until leases can be renewed.</summary>
    private static TierCondition? State(TierFacts f) =>
        f.StateTrouble is not { } trouble || f.Now - trouble.Since < ConditionLimits.StateUnusable ? null : Warning(
            ConditionCodes.StateUnusable,
            $"DynamoDB cannot be used since {Time(trouble.Since, f.Now)} ({OneLine(trouble.Why).TrimEnd('.')}): unordered streams go on, ordered ones wait, "
                + "and no silo joins or is replaced; docs/cluster.md tells the rest.", trouble.Since);

    private static TierCondition? Throttled(TierFacts f)
    {
        if (f.ThrottledShare <= ConditionLimits.Throttled)
            return null;
        var where = f.OneShard is { } shard && f.Shards > 1 ? $", nearly all for shard {Shard(shard)}" : "";
        var next = f.OthersShare >= ConditionLimits.Others ? "less is sent than the shards take, so find other writers of the stream."
            : f.OneShard is null ? "add shards where they are full (kpl shards)."
            : HotKeyRule.NextStep(f) ?? "split it if it is full (kpl shards).";
        return Warning(ConditionCodes.Throttled, $"Kinesis throttles {Invariant($"{f.ThrottledShare * 100:0} %")} of what is sent{where}: {next}");
    }

    private static TierCondition? Waiting(TierFacts f)
    {
        var inMemory = f.OldestInMemory is { } age && age > ConditionLimits.RecordsOld
            ? Warning(ConditionCodes.RecordsOld, $"The oldest record waits for {Age(age)}, more than half of the default time-to-live: look at the use of the shards and at the calls.")
            : null;
        if (f.Backlog is { Records: > 0 } backlog)
        {
            var held = $"{Quantity.Of(backlog.Records, "record")} of the backlog wait{(backlog.Records == 1 ? "s" : "")}, the oldest {Age(backlog.OldestAge)}";
            if (backlog.OldestAge > ConditionLimits.BacklogOld)
                return Warning(ConditionCodes.BacklogGrowing, $"{held}: see what keeps them, by the failures and the use of the shards.");
            return backlog.IsSpilling
                ? Warning(ConditionCodes.Spilling, $"Memory is full and new records go to the backlog; {held}: put less, or add shards.")
                : inMemory ?? new TierCondition(ConditionSeverity.Busy, ConditionCodes.BacklogReplaying, $"{held}: they are being delivered.");
        }

        return inMemory;
    }

    private static TierCondition? NotRead(TierFacts f) => f.TroubleCode is not { } code ? null
        : code is StreamManagerErrorCodes.ManagerUnavailable
            ? Warning(ConditionCodes.NotRead, "The stream's manager does not answer, perhaps because a silo was just lost: another silo takes over within a minute.")
            : Warning(ConditionCodes.NotRead, $"The shards of {f.Stream} cannot be read ({code}): {NextStep(code)}.");

    /// <summary>Kinesis may hang: then nobody knows that all is well.</summary>
    private static TierCondition? NotReadYet(TierFacts f) => f is not { Stream: { } stream, Status: null } ? null
        : new TierCondition(ConditionSeverity.Busy, ConditionCodes.NotRead, $"The shards of {stream} are being read: Kinesis has not answered yet.");

    private static TierCondition? Changing(TierFacts f)
    {
        if (f.Operation is { } operation)
        {
            return new TierCondition(
                ConditionSeverity.Busy, ConditionCodes.ShardsChanging,
                Invariant($"The shards are being changed, step {operation.Step} of {operation.Steps}: nothing is to be done."), operation.StartedAt);
        }

        return f.Status is null or "ACTIVE" ? null
            : new TierCondition(ConditionSeverity.Busy, ConditionCodes.ShardsChanging, $"The stream is {f.Status}: wait until it is ACTIVE.");
    }

    private static TierCondition Bad(string code, string sentence, DateTimeOffset? since = null) => new(ConditionSeverity.Bad, code, sentence, since);

    private static TierCondition Warning(string code, string sentence, DateTimeOffset? since = null) => new(ConditionSeverity.Warning, code, sentence, since);
}

/// <summary>From when on a number is worth a sentence. Alerts of deploy/monitoring have the same ones; a test compares them.</summary>
internal static class ConditionLimits
{
    /// <summary>A record waits for so long: half of the default time-to-live.</summary>
    public static readonly TimeSpan RecordsOld = TimeSpan.FromSeconds(15);

    /// <summary>So many of the attempts of Kinesis records are throttled.</summary>
    public const double Throttled = 0.05;

    /// <summary>A record is in the backlog for so long.</summary>
    public static readonly TimeSpan BacklogOld = TimeSpan.FromSeconds(300);

    /// <summary>Each call to the cluster's state has failed for so long.</summary>
    public static readonly TimeSpan StateUnusable = TimeSpan.FromSeconds(15);

    /// <summary>Failures and lost silos are news for so long.</summary>
    public static readonly TimeSpan Recent = LatestFailures.NewsFor;

    /// <summary>One key carries so much of its shard that no split helps.</summary>
    public const double HotKey = 0.5;

    /// <summary>So many throttles show another writer that one is told of.</summary>
    public const double Others = 0.5;
}

/// <summary>The sentence where a shard's load may be one key, which no split divides.</summary>
internal static class HotKeyRule
{
    private const int LongestKey = 64;

    /// <summary>The end of the sentence about <see cref="TierFacts.OneShard"/>; null where it is known that no key is its load.</summary>
    public static string? NextStep(TierFacts f) => f.HotKeyShare switch
    {
        null => "split it if its records have many keys (whether one key fills it is not known yet).",
        >= ConditionLimits.HotKey and { } share => Invariant(
            $"one key{Name(f.HotKey)} has at least {Math.Floor(share * 100):0} % of it, and no split divides a key: spread it over several keys."),
        _ => null,
    };

    /// <summary>The key as people know it. Of a hash key the first digits do: 39 of them are read by nobody, and the shard's row has them all.</summary>
    public static string NameOf(string? partitionKey, UInt128 hashKey)
    {
        if (partitionKey is not null)
            return Printable.Of(partitionKey);
        var digits = Invariant($"{hashKey}");
        return $"hash key {(digits.Length > 8 ? $"{digits.AsSpan(0, 8)}…" : digits)}";
    }

    private static string Name(string? key) => key is null ? "" : $" ({(key.Length > LongestKey ? $"{key.AsSpan(0, LongestKey - 1)}…" : key)})";
}

/// <summary>The sentence and the advice where shards are offered more than they take.</summary>
internal static class FullShardRule
{
    public static TierCondition? Find(TierFacts facts)
    {
        if (facts.FullShards is not { Count: > 0 and var full })
            return null;
        var when = facts.FullSince is { } since ? $"since {Time(since, facts.Now)}" : "now";
        var what = full == 1 && facts.Shards > 1
            ? $"Shard {Shard(facts.FullShards[0])} is full {when}"
            : Invariant($"{full} of {Quantity.Of(facts.Shards, "shard")} full {when}");
        return new TierCondition(ConditionSeverity.Warning, ConditionCodes.ShardsFull, $"{what}: {NextStep(facts, full)}", facts.FullSince);
    }

    private static string NextStep(TierFacts facts, int full)
    {
        var ofKey = full == 1 ? HotKeyRule.NextStep(facts) : null;
        if (ofKey is not null && facts.HotKeyShare is not null)
            return ofKey;
        if (facts.Operation is { } operation)
            return Invariant($"its shards are being changed, step {operation.Step} of {operation.Steps}.");
        if (facts.OnDemand)
            return "Kinesis adds shards of on-demand streams by itself.";
        return ofKey ?? (full == facts.Shards ? Invariant($"split to {2 * full}.") : full == 1 ? "split it." : "split them.");
    }
}
