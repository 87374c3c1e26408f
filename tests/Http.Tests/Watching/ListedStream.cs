using Orleans.Kpl.Http.Tests.Identities;

namespace Orleans.Kpl.Http.Tests.Watching;

/// <summary>Administration of a stream with one shard.</summary>
internal sealed class ListedStream : FakeStreamAdmin
{
    /// <summary>The ARN by which it is known too.</summary>
    public const string Arn = "arn:aws:kinesis:eu-west-1:123456789012:stream/orders";

    /// <summary>Set, Kinesis does not know it any more.</summary>
    public bool IsDeleted { get; set; }

    public override Task<StreamOverview> GetOverviewAsync(string stream, CancellationToken cancellationToken = default) => IsDeleted
        ? throw new StreamManagerException(RecordErrorCodes.ResourceNotFound, "no such stream") : Task.FromResult(new StreamOverview
    {
        Stream = stream == Arn ? "orders" : stream,
        Arn = Arn,
        Status = "ACTIVE",
        Shards =
        [
            new ShardStatus
            {
                ShardId = "shard-0", EndingHashKey = UInt128.MaxValue, OwnerSilo = "S1", HotKeys = [new HotKeyStatus { HashKey = 77, Share = 0.95 }],
            },
        ],
    });
}
