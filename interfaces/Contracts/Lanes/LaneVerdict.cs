namespace Orleans.Kpl.Lanes;

/// <summary>A silo's verdict on a lane's call. The numbers are part of the wire format.</summary>
[GenerateSerializer]
[Alias("Orleans.Kpl.LaneVerdict")]
internal enum LaneVerdict
{
    /// <summary>The batch is accepted, now or earlier; the silo that the reply names reports the outcomes.</summary>
    Accepted = 0,

    /// <summary>Not accepted: the memory limit of the client's stream is reached. Send the batch again a little later.</summary>
    MemoryFull = 1,

    /// <summary>Not accepted: the silo is shutting down. Send the batch to another silo; outcomes of earlier batches are still reported.</summary>
    Draining = 2,

    /// <summary>Rejected for good: the reply says why.</summary>
    Invalid = 3,

    /// <summary>The silo of the session is dead. Accepted records without a reported outcome may or may not have been delivered.</summary>
    Lost = 4,

    /// <summary>The silo is alive but no longer has the session: the client did not ask for outcomes for too long.</summary>
    Forgotten = 5,

    /// <summary>
    /// The silo of the session was dead before the batch came, which was not given to it: it may go to another silo. A client of an older version takes it
    /// for <see cref="Lost"/>.
    /// </summary>
    NotGiven = 6,
}
