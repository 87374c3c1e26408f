using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Lanes;

/// <summary>A silo's verdict on a client's call.</summary>
internal enum ClientVerdict
{
    /// <summary>The batch is accepted, now or earlier.</summary>
    Accepted = 0,

    /// <summary>Not accepted: there is no memory for it. It has to be sent again a little later.</summary>
    MemoryFull = 1,

    /// <summary>Not accepted: the silo leaves. Outcomes of earlier batches are still reported.</summary>
    Draining = 2,

    /// <summary>Rejected for good: the reply says why.</summary>
    Invalid = 3,

    /// <summary>The silo of the session is gone.</summary>
    Lost = 4,

    /// <summary>The silo has no such session, or no longer.</summary>
    Forgotten = 5,

    /// <summary>The silo of the session was gone before the batch came, which was not given to it.</summary>
    NotGiven = 6,
}

/// <summary>Records from a client in one packed message.</summary>
internal sealed record ClientBatch
{
    /// <summary>The lanes that a client has to each silo.</summary>
    public const int LanesPerSilo = 2;

    /// <summary>The most records in a batch: as many as a silo can reserve memory for at once, so that a batch is accepted as a whole or not at all.</summary>
    public const int MaxRecords = 1_024;

    public required Guid Session { get; init; }

    /// <summary>The number of the first record; the others follow. It names the batch.</summary>
    public required long FirstRecord { get; init; }

    public required byte[] Records { get; init; }

    public PutOptions? Options { get; init; }

    /// <summary>Every record below this number has ended at the client.</summary>
    public long EndedBefore { get; init; }

    /// <summary>The silo of the session.</summary>
    public required SiloId Silo { get; init; }
}

/// <summary>Names a client's session.</summary>
internal sealed record ClientRequest
{
    public required Guid Session { get; init; }

    /// <summary>The silo of the session; null when it is opened.</summary>
    public SiloId? Silo { get; init; }

    /// <summary>The last message of outcomes that has arrived.</summary>
    public long AcknowledgedUpTo { get; init; }

    /// <summary>Every record below this number has ended at the client.</summary>
    public long EndedBefore { get; init; }

    /// <summary>Whether the session answers records without sending them to Kinesis.</summary>
    public bool IsCallsOnly { get; init; }
}

/// <summary>The answer to a batch, a flush, or the opening or closing of a session.</summary>
/// <param name="Silo">The silo that gave it: it has the session.</param>
/// <param name="Silos">The number of silos, as that silo knows it.</param>
/// <param name="ErrorCode">What is wrong with an invalid batch: one of <see cref="RecordErrorCodes"/>.</param>
internal sealed record ClientReply(ClientVerdict Verdict, SiloId Silo, int Silos, string? ErrorCode = null, string? ErrorMessage = null)
{
    /// <summary>The most batches that the client may have in flight on each of its lanes to that silo; 0 from a silo that does not say.</summary>
    public int MaxInFlight { get; init; }
}

/// <summary>Outcomes of a session in packed messages. An answer without any shows that the silo is alive.</summary>
/// <param name="Silo">The silo of the session.</param>
/// <param name="Silos">The number of silos, as that silo knows it.</param>
/// <param name="FirstMessage">The number of the first message; the others follow.</param>
/// <param name="Messages">The packed outcomes, by the client's numbers.</param>
internal sealed record ClientOutcomes(ClientVerdict Verdict, SiloId Silo, int Silos, long FirstMessage, byte[][] Messages);
