namespace Orleans.Kpl.Cli.Admin;

/// <summary>Formats a stream's capacity as text for people.</summary>
internal static class CapacityText
{
    /// <summary>One line, such as <c>capacity: on-demand, warm throughput 200 MiB/s, records of at most 1 MiB, billing commitment ENABLED</c>.</summary>
    public static string Of(StreamCapacity capacity)
    {
        List<string> parts = [capacity.OnDemand ? "on-demand" : "provisioned"];
        if (capacity.WarmMiBPerSecond is { } warm)
        {
            var until = capacity is { WarmUntil: { } end, WarmAfterwardsMiBPerSecond: { } back }
                ? $" until {end.UtcDateTime:yyyy-MM-dd HH:mm} UTC, then {back} MiB/s"
                : "";
            parts.Add($"warm throughput {warm} MiB/s{until}");
        }

        parts.Add($"records of at most {capacity.MaxRecordKiB / 1_024.0:0.###} MiB");
        if (capacity.BillingCommitment is { } commitment)
            parts.Add($"billing commitment {commitment}");
        return $"capacity: {string.Join(", ", parts)}{(capacity.Status == "ACTIVE" ? "" : $"; the stream is {capacity.Status}")}\n";
    }

    public static string Of(CapacityPlan plan)
    {
        var end = plan switch
        {
            { IsMade: true } => "Kinesis has accepted it; the stream may be UPDATING for some minutes.\n",
            { Notes: [] } => $"{plan.Before.Stream} is so already: nothing is to be done\n",
            _ => "A dry run: nothing was done.\n",
        };
        return $"{string.Concat(plan.Notes.Select(static n => n + "\n"))}{end}{Of(plan.IsMade ? plan.After : plan.Before)}";
    }
}
