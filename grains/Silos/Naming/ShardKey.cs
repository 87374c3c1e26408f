namespace Orleans.Kpl.Silos.Naming;

/// <summary>Names a shard in the whole cluster: <c>STREAM/SHARD-ID</c>. Its hash code is the same in every process.</summary>
/// <param name="Stream">The stream under its one name in the tier.</param>
/// <param name="ShardId">Kinesis' id of the shard, such as <c>shardId-000000000003</c>.</param>
internal readonly record struct ShardKey(string Stream, string ShardId)
{
    /// <summary>Reads a key. A stream's ARN contains a slash, a shard's id never does.</summary>
    /// <exception cref="FormatException">The text is not such a key.</exception>
    public static ShardKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var slash = text.LastIndexOf('/');
        return slash > 0 && slash < text.Length - 1 && StreamName.IsFit(text[..slash])
            ? new ShardKey(text[..slash], text[(slash + 1)..])
            : throw new FormatException($"'{text}' is no STREAM/SHARD-ID");
    }

    /// <summary>Returns the key as text.</summary>
    public override string ToString() => $"{Stream}/{ShardId}";

    public override int GetHashCode() => StableTextHash.Of(Stream) * 31 + StableTextHash.Of(ShardId);
}
