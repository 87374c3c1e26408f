namespace Orleans.Kpl.Local.Arguments;

/// <summary>One <c>--stream NAME[=SHARDS]</c>.</summary>
/// <param name="Name">The stream's name or ARN.</param>
/// <param name="Shards">How many shards it is created with; null where the argument does not say.</param>
internal sealed record StreamArgument(string Name, int? Shards)
{
    private const int DefaultShards = 4;

    /// <summary>How many shards it is created with: 4 where the argument does not say.</summary>
    public int ShardsOrDefault => Shards ?? DefaultShards;
}
