namespace Orleans.Kpl.Validation;

/// <summary>Rejects settings that need the durable backlog if there is none, and warns of backlog settings that the process would not use.</summary>
internal static class BacklogOptionsValidator
{
    /// <summary>Checks what one stream needs from the backlog.</summary>
    /// <param name="options">The stream's settings.</param>
    /// <param name="backlog">The settings of the process' backlog.</param>
    /// <param name="host">The kind of process.</param>
    public static IEnumerable<OptionsFinding> Check(StreamOptions options, BacklogOptions backlog, BacklogHost host)
    {
        if (FindObstacle(backlog, host) is not { } obstacle)
            yield break;
        if (options.HighWaterMode == HighWaterMode.Spill)
            yield return OptionsFinding.Error(nameof(options.HighWaterMode), nameof(HighWaterMode.Spill), obstacle);
        if (options.AckLevel == AckLevel.Persisted)
            yield return OptionsFinding.Error(nameof(options.AckLevel), nameof(AckLevel.Persisted), obstacle);
    }

    /// <summary>Checks the backlog settings of the process.</summary>
    public static IEnumerable<OptionsFinding> Check(BacklogOptions backlog, BacklogHost host)
    {
        if (backlog.Directory is null)
            yield break;
        if (host == BacklogHost.ClusterSilo)
            yield return OptionsFinding.Warning("Backlog:Directory", "has no effect with Kpl:Cluster:Membership dynamodb: the backlog is a DynamoDB table");
        if (host == BacklogHost.ClusterClient)
            yield return OptionsFinding.Warning("Backlog:Directory", "has no effect in a client of a cluster: the silos have the backlog");
    }

    /// <summary>Explains why there is no backlog, and which setting would help; null if there is one.</summary>
    private static string? FindObstacle(BacklogOptions backlog, BacklogHost host) => host switch
    {
        BacklogHost.Embedded when backlog.Directory is null =>
            "it needs the durable backlog; set Kpl:Backlog:Directory to a folder for it",
        BacklogHost.LocalSilo when backlog.Directory is null =>
            "it needs the durable backlog; set Kpl:Backlog:Directory to a folder for it, or Kpl:Cluster:Membership to dynamodb, where it is a table",
        _ => null,
    };
}
