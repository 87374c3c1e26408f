using System.Buffers;
using Orleans.Kpl.Silos;

namespace Orleans.Kpl.Lanes;

/// <summary>A silo's verdict on a client's call. The numbers are part of the wire format.</summary>
internal enum ClientVerdict
{
    /// <summary>The batch is accepted, now or earlier; the silo that the reply names reports the outcomes.</summary>
    Accepted = 0,

    /// <summary>Not accepted: the silo has no room, in memory, in a shard, in the session or for one more session. Send it again a little later.</summary>
    MemoryFull = 1,

    /// <summary>Not accepted: the silo is shutting down. Send the batch to another silo; outcomes of earlier batches are still reported.</summary>
    Draining = 2,

    /// <summary>Rejected for good: the reply says why.</summary>
    Invalid = 3,

    /// <summary>The silo of the session is dead. Accepted records without a reported outcome may or may not have been delivered.</summary>
    Lost = 4,

    /// <summary>The silo is alive but no longer has the session: the client did not ask for outcomes for too long.</summary>
    Forgotten = 5,

    /// <summary>The silo of the session was dead before the batch came, which was not given to it: it may go to another silo.</summary>
    NotGiven = 6,
}

/// <summary>Records from a client for the lane's stream, in one packed message.</summary>
internal sealed record ClientBatch
{
    /// <summary>The lanes that a client has to each silo.</summary>
    public const int LanesPerSilo = 2;

    /// <summary>The most records in a batch: as many as a silo can reserve memory for at once, so that a batch is accepted as a whole or not at all.</summary>
    public const int MaxRecords = 1_024;

    private IMemoryOwner<byte>? _owner;

    /// <summary>The session; a new one each time a client begins to put into the stream.</summary>
    public required Guid Session { get; init; }

    /// <summary>The number of the first record; the others follow. It names the batch.</summary>
    public required long FirstRecord { get; init; }

    /// <summary><see cref="Packed.PackedRecords"/>: at most 64 KB, or one record.</summary>
    public required ReadOnlyMemory<byte> Records { get; init; }

    /// <summary>The owner of the memory that holds the records; null where nobody else will have it.</summary>
    public IMemoryOwner<byte>? Owner
    {
        init => _owner = value;
    }

    /// <summary>The options of the put; the time-to-live is the part that remained when the batch was sent.</summary>
    public PutOptions? Options { get; init; }

    /// <summary>Every record below this number has ended at the client: an earlier batch that arrives late is not accepted again.</summary>
    public long EndedBefore { get; init; }

    /// <summary>The silo at which the session was opened.</summary>
    public required SiloId Silo { get; init; }

    /// <summary>The traces of the records, as the pipeline writes them; null where none is traced.</summary>
    public byte[]? Traces { get; init; }

    /// <summary>
    /// Whether the client puts records again that end as <see cref="ClientOutcomes.GivenBack"/>; else the batch is accepted whole or not at all.
    /// </summary>
    public bool TakesBack { get; init; }

    /// <summary>
    /// Gives the memory of the records back, once: nobody may read them from then on. It is for a batch that was answered, since a call without an answer may
    /// still be under way with them.
    /// </summary>
    public void ReturnRecords() => Interlocked.Exchange(ref _owner, null)?.Dispose();
}

/// <summary>Names a client's session for the lane's stream.</summary>
internal sealed record ClientRequest
{
    /// <summary>The session.</summary>
    public required Guid Session { get; init; }

    /// <summary>The silo of the session; null when opening a session at whichever silo the lane reaches.</summary>
    public SiloId? Silo { get; init; }

    /// <summary>The last message of outcomes of this session that has arrived. The silo may discard it and all earlier ones.</summary>
    public long AcknowledgedUpTo { get; init; }

    /// <summary>
    /// Every record below this number has ended at the client. When opening: above 0 where the session was opened before. The silo then tells what it
    /// serves, and does not open a session that it has forgotten.
    /// </summary>
    public long EndedBefore { get; init; }
}

/// <summary>The silo's answer to a batch, a flush, or the opening or closing of a session.</summary>
/// <param name="Silo">The silo that gave it: it has the session, and the client fetches the outcomes there.</param>
/// <param name="Silos">The number of silos, as that silo knows it: a client distributes its lanes over all of them.</param>
/// <param name="ErrorCode">What is wrong with an invalid batch: one of <see cref="RecordErrorCodes"/>.</param>
internal sealed record ClientReply(ClientVerdict Verdict, SiloId Silo, int Silos, string? ErrorCode = null, string? ErrorMessage = null)
{
    /// <summary>The most batches that the client may have in flight on each of its lanes to that silo; in the answer to a batch.</summary>
    public int MaxInFlight { get; init; }

    /// <summary>The version of the hash keys that the silo serves of the stream: it changes when they do. 0 where none are told (ordered streams).</summary>
    public long RangesVersion { get; init; }

    /// <summary>The hash keys that the silo serves, as <see cref="Packed.PackedRanges"/>. Null except where a session is opened once more.</summary>
    public byte[]? Ranges { get; init; }

    /// <summary>The silos that accept records; with the ranges, else null. A client that knows one gateway reaches all of them through it.</summary>
    public SiloId[]? AllSilos { get; init; }

    /// <summary>How many records of the batch other silos send to Kinesis.</summary>
    public int Elsewhere { get; init; }
}

/// <summary>Outcomes of a session in packed messages. An answer without any shows that the silo is alive.</summary>
/// <param name="Verdict">
/// <see cref="ClientVerdict.Accepted"/>; <see cref="ClientVerdict.Draining"/>, which may also carry outcomes; <see cref="ClientVerdict.Lost"/>; or
/// <see cref="ClientVerdict.Forgotten"/>.
/// </param>
/// <param name="Silos">The number of silos, as that silo knows it.</param>
/// <param name="FirstMessage">The number of the first message; the others follow. Numbers count per session, from 1.</param>
/// <param name="Messages"><see cref="Packed.PackedOutcomes"/>, by the client's own record numbers.</param>
internal sealed record ClientOutcomes(ClientVerdict Verdict, SiloId Silo, int Silos, long FirstMessage, byte[][] Messages)
{
    /// <summary>
    /// The code of a record that was not accepted, because its shard is full. It may be put again, at any silo. The message names the first
    /// and last hash key of the shard.
    /// </summary>
    public const string GivenBack = "GivenBack";

    /// <summary>The longest wait for outcomes. Then an empty answer shows that the silo is alive.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);
}

/// <summary>
/// The calls of clients to the silo that has their session, for one stream. A silo that a call reaches which is for another one passes it on. A call may
/// fail with any exception, whether it was carried out or not.
/// </summary>
internal interface ILaneCalls
{
    /// <summary>
    /// Opens a session, or continues one, at the silo that is named, else at the one that is reached; the reply names it. All other calls name that silo, so
    /// that the client always knows which silo may have accepted which batch.
    /// </summary>
    Task<ClientReply> OpenAsync(ClientRequest request);

    /// <summary>Hands over a batch. Answers when the silo has accepted or rejected it, without waiting for delivery.</summary>
    Task<ClientReply> AcceptAsync(ClientBatch batch);

    /// <summary>Acknowledges outcomes and fetches the next ones, the same again until they are acknowledged. Waits a while if there are none.</summary>
    Task<ClientOutcomes> TakeOutcomesAsync(ClientRequest request);

    /// <summary>
    /// Ends the linger of all records of the stream that the silo has accepted, those of other clients too. The client itself waits for the outcomes.
    /// </summary>
    Task<ClientReply> FlushAsync(ClientRequest request);

    /// <summary>Closes the session: the client needs no more outcomes from it. Its records continue.</summary>
    Task<ClientReply> CloseAsync(ClientRequest request);
}
