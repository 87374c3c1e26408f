namespace Orleans.Kpl.Interop.Tests.Contract;

/// <summary>
/// The one table of what each endpoint does otherwise than Kinesis: fact, and what comes instead. A test that finds anything else,
/// be it Kinesis' own behaviour, fails, so that a change shows.
/// </summary>
internal static class ContractDifferences
{
    public static IReadOnlyDictionary<string, string> LocalKinesis { get; } = new Dictionary<string, string>();

    public static IReadOnlyDictionary<string, string> Kinesalite { get; } = new Dictionary<string, string>
    {
        ["UpdateShardCount"] = "UnknownOperationException",
        ["pages of ListShards"] = "1",
        ["put by ARN"] = "ValidationException",
        ["ListShards by ARN"] = "InvalidArgumentException",
        ["ChildShards at the end of a closed shard"] = "0",
        ["record over the stream's limit"] = "ValidationException",
        ["request over the limit"] = "HTTP 413",
        ["split of a closed shard"] = "accepted",
        ["shards by the filter AT_LATEST"] = "3",
    };

    public static IReadOnlyDictionary<string, string> KinesisLocal { get; } = new Dictionary<string, string>
    {
        ["501 records"] = "accepted",
        ["request over the limit"] = "accepted",
        ["no records"] = "accepted",
        ["split of a closed shard"] = "ResourceInUseException",
        ["hash key that is no number"] = "HTTP 500",
        ["empty key"] = "InvalidArgumentException",
        ["key of 257 characters"] = "InvalidArgumentException",
        ["iterator that is none"] = "HTTP 500",
        ["unknown operation"] = "AccessDeniedException",
    };
}
