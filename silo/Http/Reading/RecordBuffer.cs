using System.Buffers;
using System.Globalization;

namespace Orleans.Kpl.Http.Reading;

/// <summary>The valid records of one request in pooled memory, and the errors of the invalid ones.</summary>
/// <param name="maxRecords">The most of them.</param>
/// <param name="isLater">Whether records of the request were taken before these.</param>
internal sealed class RecordBuffer(int maxRecords, bool isLater = false) : IDisposable
{
    /// <summary>So many invalid records end a request: each costs more than a valid one, and its sender would not read them all.</summary>
    public const int MostErrors = 100;

    private UserRecord[] _records = ArrayPool<UserRecord>.Shared.Rent(16);
    private byte[] _scratch = [];
    private int _used;
    private List<RecordError>? _errors;

    /// <summary>The number of positions in the request: records and errors.</summary>
    public int Count { get; private set; }

    /// <summary>The records for the producer; invalid after <see cref="Dispose"/>.</summary>
    public ReadOnlyMemory<UserRecord> Records => _records.AsMemory(0, _used);

    /// <summary>The errors of records that are not passed to the producer, by position; valid after <see cref="Dispose"/> too.</summary>
    public IReadOnlyList<RecordError> Errors => _errors is null ? [] : _errors;

    /// <summary>Memory to decode data in, whose content nobody keeps.</summary>
    public Span<byte> Scratch => _scratch.Length > 0 ? _scratch : _scratch = ArrayPool<byte>.Shared.Rent(Base64InPlace.ScratchBytes);

    /// <summary>Adds a record. One whose key is none is an error here already, so that it counts as one.</summary>
    public void Add(in UserRecord record)
    {
        if (!PartitionKeyRule.IsFit(record.PartitionKey))
        {
            AddError(RecordErrorCodes.InvalidPartitionKey, PartitionKeyRule.Describe(record.PartitionKey));
            return;
        }
        Step();
        if (_used == _records.Length)
            Grow();
        _records[_used++] = record;
    }

    public void AddError(string code, string message)
    {
        Step();
        (_errors ??= []).Add(new RecordError(Count - 1, code, message));
        if (_errors.Count < MostErrors)
            return;
        var consequence = isLater ? "so that no line without a result was taken" : "so that none was taken";
        throw RequestRefusedException.BadRequest(HttpErrorCodes.TooManyErrors, $"{MostErrors} records are invalid, {consequence}; the last: {message}");
    }

    public void Dispose()
    {
        if (_records.Length == 0)
            return;
        _records.AsSpan(0, _used).Clear();
        ArrayPool<UserRecord>.Shared.Return(_records);
        if (_scratch.Length > 0)
            ArrayPool<byte>.Shared.Return(_scratch);
        _scratch = [];
        _records = [];
        _used = 0;
    }

    private void Step()
    {
        if (++Count > maxRecords)
            throw RequestRefusedException.TooLarge(string.Create(CultureInfo.InvariantCulture, $"the body has more than {maxRecords} records (Kpl:Http:MaxRecords)"));
    }

    private void Grow()
    {
        var larger = ArrayPool<UserRecord>.Shared.Rent(_records.Length * 2);
        _records.CopyTo(larger, 0);
        _records.AsSpan().Clear();
        ArrayPool<UserRecord>.Shared.Return(_records);
        _records = larger;
    }
}

/// <summary>Why a record of a request never reached the producer.</summary>
/// <param name="Position">The record's position in the request, from 0.</param>
/// <param name="Code">One of <see cref="HttpErrorCodes"/> or <see cref="RecordErrorCodes"/>.</param>
/// <param name="Message">A human-readable description of the error.</param>
internal readonly record struct RecordError(int Position, string Code, string Message);
