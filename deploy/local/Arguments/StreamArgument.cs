namespace Orleans.Kpl.Local.Arguments;

/// <summary>An argument <c>--stream NAME[=SHARDS]</c>.</summary>
/// <param name="Name">The stream's name or ARN.</param>
/// <param name="Shards">The number of shards to create the stream with; null if the argument does not say.</param>
internal sealed record StreamArgument(string Name, int? Shards)
{
    private const int DefaultShards = 4;

    /// <summary>The number of shards to create the stream with: 4 if the argument does not say.</summary>
    public int ShardsOrDefault => Shards ?? DefaultShards;
}
