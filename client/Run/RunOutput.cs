using Orleans.Kpl.Run.Processing;

namespace Orleans.Kpl.Run;

/// <summary>The destination of a run's records.</summary>
internal abstract record RunOutput
{
    /// <summary>The stream of records that do not name one themselves; null if each must.</summary>
    public string? Stream { get; init; }

    /// <summary>The field that names a record's stream; null if all go to one.</summary>
    public FieldPath? StreamField { get; init; }

    /// <summary>How the partition key is chosen.</summary>
    public KeyChoice Key { get; init; } = KeyChoice.Random;

    /// <summary>The field with the explicit hash key; null for none.</summary>
    public FieldPath? HashKeyField { get; init; }

    /// <summary>The explicit hash key of all records; null for none.</summary>
    public UInt128? HashKey { get; init; }

    /// <summary>The file that takes records which could not be delivered; null for none.</summary>
    public string? Fallback { get; init; }
}

/// <summary>Kinesis, by a producer in this process. What is null here comes from section <c>Kpl</c> or its defaults.</summary>
internal sealed record KinesisOutput : RunOutput
{
    public string? Region { get; init; }

    public Uri? Endpoint { get; init; }

    public string? AccessKeyId { get; init; }

    public string? SecretAccessKey { get; init; }

    public string? SessionToken { get; init; }

    /// <summary>The most records of a call.</summary>
    public int? BatchSize { get; init; }

    /// <summary>How long a record may wait for company.</summary>
    public TimeSpan? BatchDuration { get; init; }

    /// <summary>The most bytes of a call.</summary>
    public long? BatchBytes { get; init; }

    /// <summary>How often a record is tried, and how long is waited between; null for as long as its time-to-live lasts.</summary>
    public RetrySettings? Retry { get; init; }
}

/// <summary>A tier, over HTTP.</summary>
internal sealed record TierOutput : RunOutput
{
    /// <summary>The tier's address; null for that of the environment.</summary>
    public Uri? Url { get; init; }
}

/// <summary>How often a record that failed is tried again, and how long is waited between.</summary>
/// <param name="MaxRetries">The attempts after the first one. Default 3.</param>
/// <param name="InitialWait">The first wait. Default 1 s.</param>
/// <param name="MaxWait">The longest wait. Default 30 s.</param>
/// <param name="Backoff">How the wait grows. Default <see cref="BackoffKind.Exponential"/>.</param>
internal sealed record RetrySettings(int MaxRetries, TimeSpan InitialWait, TimeSpan MaxWait, BackoffKind Backoff)
{
    /// <summary>The longest time that all waits together take.</summary>
    public TimeSpan AllWaits
    {
        get
        {
            var all = TimeSpan.Zero;
            var next = InitialWait;
            for (var i = 0; i < MaxRetries && all < TimeSpan.FromDays(24); i++)
            {
                all += next < MaxWait ? next : MaxWait;
                next = Backoff switch { BackoffKind.Constant => next, BackoffKind.Linear => next + InitialWait, _ => next < MaxWait ? next * 2 : next };
            }

            return all;
        }
    }
}
