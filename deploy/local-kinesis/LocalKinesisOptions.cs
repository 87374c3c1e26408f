namespace Orleans.Kpl.LocalKinesis;

/// <summary>Settings of a local Kinesis endpoint. Defaults are today's service in one region with one account.</summary>
public sealed class LocalKinesisOptions
{
    /// <summary>The clear-text port. Default: 4567; 0 takes a free one.</summary>
    public int Port { get; set; } = 4567;

    /// <summary>
    /// A TLS port with a self-signed certificate, in memory or in <see cref="TlsCertificateFile"/>; 0 takes a free one. Default: null, none.
    /// </summary>
    public int? TlsPort { get; set; }

    /// <summary>
    /// A PEM file with the TLS port's certificate and key. Where there is no such file, one is made for a year and written there, so that
    /// clients can be told to trust it. Default: null, a certificate in memory. It needs <see cref="TlsPort"/> and a folder that exists. A file
    /// that is no such PEM, or has expired, is an <see cref="ArgumentException"/> of <see cref="LocalKinesisServer.StartAsync"/>.
    /// </summary>
    public string? TlsCertificateFile { get; set; }

    /// <summary>The address to listen on. Default: 127.0.0.1.</summary>
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>The key whose signatures are accepted. Default: null, anything is accepted, signed or not.</summary>
    public SigningKey? CheckSignatures { get; set; }

    /// <summary>How shard write limits are enforced. Default: <c>bucket:1000</c>.</summary>
    public LimitModel LimitModel { get; set; } = LimitModel.Default;

    /// <summary>
    /// Whether the read limits hold: 5 GetShardIterator/s, 5 GetRecords/s and 2 MiB/s per shard, and 2 MiB/s of each registered consumer
    /// per shard. Default: true.
    /// </summary>
    public bool EnforceReadLimits { get; set; } = true;

    /// <summary>
    /// How far the instant at which a call counts as arriving at the write limits is shifted, at most; by how much follows from
    /// <see cref="Seed"/>. No answer is delayed by it. Default: 20 ms. Range: 0 to 1 s.
    /// </summary>
    public TimeSpan ArrivalJitter { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Everything random follows from it. Default: 1.</summary>
    public int Seed { get; set; } = 1;

    /// <summary>
    /// How much of the newest data all streams together keep. What is older moves out of every trim horizon, read or not.
    /// Default: 512 MiB. At least 1 MiB.
    /// </summary>
    public long RetentionBytes { get; set; } = 512L << 20;

    /// <summary>Whether applied records are kept or only counted. Default: <see cref="AccountMode.Records"/>.</summary>
    public AccountMode Account { get; set; } = AccountMode.Records;

    /// <summary>Open shards that the account may have. Default: 20,000.</summary>
    public int ShardLimit { get; set; } = 20_000;

    /// <summary>Request and record sizes. Default: <see cref="SizeLimits.Today"/>.</summary>
    public SizeLimits Sizes { get; set; } = SizeLimits.Today;

    /// <summary>How long a stream made through the API, and a consumer, stays CREATING. Default: 200 ms.</summary>
    public TimeSpan CreatingTime { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long a stream stays DELETING (puts are still accepted then), and a consumer. Default: 200 ms.</summary>
    public TimeSpan DeletingTime { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>When shards switch in a reshard; <see cref="KinesisEndpoint.Reshards"/> changes it later. Default: after 100 ms.</summary>
    public ReshardTiming Reshards { get; set; } = new();

    /// <summary>How long a shard of an on-demand stream is throttled, without a second's pause, until it is split. Default: 5 s.</summary>
    public TimeSpan OnDemandSplitAfter { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether AWS's limits on control-plane calls hold, DescribeStreamSummary's 20 a second of the account for example.
    /// Default: false, so that tests may poll.
    /// </summary>
    public bool EnforceCallLimits { get; set; }

    /// <summary>How long a shard iterator lives. Default: 5 minutes, as AWS.</summary>
    public TimeSpan IteratorLifetime { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a NextToken lives. Default: 300 s, as AWS.</summary>
    public TimeSpan NextTokenLifetime { get; set; } = TimeSpan.FromSeconds(300);

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;
}
