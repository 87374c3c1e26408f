using System.Text;
using System.Text.Json.Nodes;
using Orleans.Kpl.Cli.Bench;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Conditions;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Cli.Admin;

/// <summary>Formats a tier's answers as text for people.</summary>
internal static class AdminTables
{
    /// <param name="columns">The width of the terminal: without room for hash keys the table has the shards' shares of them, and is cut.</param>
    public static string Of(StreamOverview stream, int columns = int.MaxValue)
    {
        var operation = stream.OperationId is { } id ? $", operation {id} runs" : "";
        // A process by itself has no silos, and a cluster gives a shard its owner with the first record.
        var hasOwners = stream.Shards.Any(static s => s.OwnerSilo is not null);
        var table = Wide(stream, hasOwners).ToString();
        if (!Lines.Fit(table, columns))
        {
            table = Narrow(stream, hasOwners, static id => id).ToString();
            if (!Lines.Fit(table, columns))
                table = Lines.Cut(Narrow(stream, hasOwners, ConditionText.Shard).ToString(), columns);
            table += "A wider terminal, a pipe or --json has the hash keys.\n";
        }

        return $"{stream.Stream}: {stream.Status}{(stream.OnDemand ? ", on-demand" : "")}, {Quantity.Of(stream.Shards.Count, "shard")}{operation}\n\n{table}";
    }

    private static PrintedTable Wide(StreamOverview stream, bool hasOwners) => new PrintedTable([
        "shard", "from", "to", "state", .. hasOwners ? ["owner"] : (string[])[],
        "records/s", "Kinesis records/s", "KiB/s", "use", "throttled/min", "hot key"]).With(stream.Shards, s => [
            s.ShardId, s.StartingHashKey.ToString(), s.EndingHashKey.ToString(), s.State,
            .. hasOwners ? [Owner(s)] : (string[])[],
            $"{s.UserRecordsPerSecond:0}", $"{s.RecordsPerSecond:0}", $"{s.BytesPerSecond / 1024:0}",
            Percent(s.Utilisation), $"{s.Throttled}", HotKey(s)]);

    private static PrintedTable Narrow(StreamOverview stream, bool hasOwners, Func<string, string> name) => new PrintedTable([
        "shard", "keys", "state", "use", "records/s", "KiB/s", "throttled/min",
        .. hasOwners ? ["owner"] : (string[])[], "hot key"]).With(stream.Shards, s => [
            name(s.ShardId), Percent(ShardShare.Of(s.ShardId, s.StartingHashKey, s.EndingHashKey).Share), s.State,
            Percent(s.Utilisation), $"{s.UserRecordsPerSecond:0}", $"{s.BytesPerSecond / 1024:0}", $"{s.Throttled}",
            .. hasOwners ? [Owner(s)] : (string[])[], HotKey(s)]);

    private static string Owner(ShardStatus shard) => shard.OwnerSilo is { } owner ? ConditionText.Silo(owner) : "nobody yet";

    public static string Of(ShardPlan plan)
    {
        var text = new StringBuilder();
        foreach (var reason in plan.Reasons)
            text.Append(Printable.Of(reason)).Append('\n');
        foreach (var obstacle in plan.Obstacles)
            text.Append("But: ").Append(Printable.Of(obstacle)).Append('\n');
        text.Append($"{Quantity.Of(plan.Steps.Count, "call")}, about {Duration(plan.Duration)}, {Moved(plan.MovedShare)}, ")
            .Append($"at most {Quantity.Of(plan.PeakShards, "shard")} on the way\n");
        foreach (var other in plan.Alternatives)
        {
            var obstacle = other.Obstacle is null ? "" : $"; but: {other.Obstacle}";
            text.Append($"Or {Name(other.Method)}: {Quantity.Of(other.Calls, "call")}, about {Duration(other.Duration)}, {Moved(other.MovedShare)}{obstacle}\n");
        }

        if (plan.Steps.Count > 0)
            text.Append("AWS takes about 30 s for each split or merge, however many a day, and UpdateShardCount 10 times in 24 hours.\n\n").Append(Steps(plan));
        var table = new PrintedTable("from", "to", "load", "shard").With(plan.Result, static r =>
            [r.StartingHashKey.ToString(), r.EndingHashKey.ToString(), Percent(r.Share), r.ShardId ?? "new"]);
        return text.Append('\n').Append(table).ToString();
    }

    public static string Of(StartedOperation started, StreamOperation? ended)
    {
        var text = new StringBuilder().Append($"operation {started.OperationId}{(ended is null ? " has begun" : $": {ended.State.ToString().ToLowerInvariant()}")}\n");
        if (ended is not null)
            text.Append(Printable.Of(ended.Reason)).Append('\n');
        return text.Append('\n').Append(Of(started.Plan)).ToString();
    }

    public static string Of(IEnumerable<StreamOperation> history)
    {
        var text = new StringBuilder();
        foreach (var o in history)
        {
            text.Append($"{o.StartedAt:yyyy-MM-dd HH:mm:ss}Z  {o.Kind.ToString().ToLowerInvariant()}  {o.State.ToString().ToLowerInvariant()}{(o.Steps > 0 ? $"  {o.Step}/{o.Steps}" : "")}  {o.OperationId}\n");
            text.Append("    ").Append(Printable.Of(o.Reason)).Append('\n');
            foreach (var e in o.Events)
                text.Append($"    {e.At:HH:mm:ss}  step {e.Step}  {Printable.Of(e.Text)}\n");
        }

        return text.Length == 0 ? "nothing was done yet\n" : text.ToString();
    }

    public static string OfPolicy(JsonObject policy) =>
        new PrintedTable("setting", "value").With(SettingsOf(policy), static p => [p.Key, p.Value?.ToString() ?? ""]).ToString();

    /// <summary>The settings of a policy: all members but the version, which nobody sets.</summary>
    public static IEnumerable<KeyValuePair<string, JsonNode?>> SettingsOf(JsonObject policy) => policy.Where(static p => p.Key != "version");

    private static PrintedTable Steps(ShardPlan plan) => new PrintedTable("step", "call", "at", "why").With(plan.Steps.Index(), static s =>
    [
        $"{s.Index + 1}",
        s.Item.Kind switch { ReshardStepKind.Split => "split", ReshardStepKind.Merge => "merge", _ => $"to {Quantity.Of(s.Item.Shards ?? 0, "shard")}" },
        s.Item.At?.ToString() ?? "", s.Item.Reason,
    ]);

    private static string HotKey(ShardStatus shard) =>
        shard.HotKeys is [var key, ..] ? $"{key.PartitionKey ?? key.HashKey.ToString()} ({Percent(key.Share)})" : "none";

    private static string Name(ReshardMethod method) => method == ReshardMethod.Plan ? "by splits and merges" : "by UpdateShardCount";

    /// <summary>How much of the load gets to new shards. A record's key may move more than once.</summary>
    private static string Moved(double share) => share <= 1
        ? $"{Percent(share)} of the load moves to new shards"
        : $"all of the load moves to new shards, {share:0.0} times on average";

    private static string Duration(TimeSpan duration) =>
        duration.TotalMinutes < 2 ? $"{duration.TotalSeconds:0} s" : $"{duration.TotalMinutes:0} min";

    private static string Percent(double share) => $"{share * 100:0}%";
}
