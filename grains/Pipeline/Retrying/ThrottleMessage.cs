namespace Orleans.Kpl.Pipeline.Retrying;

/// <summary>
/// A throttled entry's message names the shard that refused it, whatever was predicted (Kinesis API, PutRecords):
/// <c>Rate exceeded for shard shardId-000000000001 in stream events under account 111122223333.</c>
/// </summary>
internal static class ThrottleMessage
{
    private const string Shard = "shardId-";

    /// <summary>The shard that the message names; null where it names none.</summary>
    public static string? ShardOf(string? message)
    {
        var start = message?.IndexOf(Shard, StringComparison.Ordinal) ?? -1;
        if (start < 0)
            return null;
        var end = start + Shard.Length;
        while (end < message!.Length && char.IsAsciiDigit(message[end]))
            end++;
        return end > start + Shard.Length ? message[start..end] : null;
    }
}
