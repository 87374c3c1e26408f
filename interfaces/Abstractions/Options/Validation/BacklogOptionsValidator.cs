namespace Orleans.Kpl.Validation;

/// <summary>What needs the durable backlog is refused where there is none, and what a process would not use is told.</summary>
internal static class BacklogOptionsValidator
{
    /// <summary>What one stream asks of the backlog.</summary>
    /// <param name="options">The stream's settings.</param>
    /// <param name="backlog">Those of the process' backlog.</param>
    /// <param name="host">Which kind of process it is.</param>
    public static IEnumerable<OptionsFinding> Check(StreamOptions options, BacklogOptions backlog, BacklogHost host)
    {
        if (FindObstacle(backlog, host) is not { } obstacle)
            yield break;
        if (options.HighWaterMode == HighWaterMode.Spill)
            yield return OptionsFinding.Error(nameof(options.HighWaterMode), nameof(HighWaterMode.Spill), obstacle);
        if (options.AckLevel == AckLevel.Persisted)
            yield return OptionsFinding.Error(nameof(options.AckLevel), nameof(AckLevel.Persisted), obstacle);
    }

    /// <summary>What the process has of its own.</summary>
    public static IEnumerable<OptionsFinding> Check(BacklogOptions backlog, BacklogHost host)
    {
        if (backlog.Directory is null)
            yield break;
        if (host == BacklogHost.ClusterSilo)
            yield return OptionsFinding.Warning("Backlog:Directory", "has no effect with Kpl:Cluster:Membership dynamodb: the backlog is a DynamoDB table");
        if (host == BacklogHost.ClusterClient)
            yield return OptionsFinding.Warning("Backlog:Directory", "has no effect in a client of a cluster: the silos have the backlog");
    }

    /// <summary>Why there is no backlog, and the setting that would help; null where there is one.</summary>
    private static string? FindObstacle(BacklogOptions backlog, BacklogHost host) => host switch
    {
        BacklogHost.Embedded when backlog.Directory is null =>
            "it needs the durable backlog; set Kpl:Backlog:Directory to a folder for it",
        BacklogHost.LocalSilo when backlog.Directory is null =>
            "it needs the durable backlog; set Kpl:Backlog:Directory to a folder for it, or Kpl:Cluster:Membership to dynamodb, where it is a table",
        _ => null,
    };
}
