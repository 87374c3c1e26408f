using System.Globalization;
using Orleans.Kpl.Aggregation;
using Orleans.Kpl.Cli.Schemas;

namespace Orleans.Kpl.Cli.Inspect;

/// <summary>The parts and problems found in one payload.</summary>
internal sealed class AggregateReport(ReadOnlyMemory<byte> payload)
{
    private readonly List<AggregatePart> _parts = [];
    private readonly List<string> _problems = [];
    private readonly List<string> _partitionKeys = [];
    private readonly List<string> _hashKeys = [];
    private readonly List<Guid> _schemaVersions = [];

    public ReadOnlyMemory<byte> Payload { get; } = payload;

    /// <summary>The parts, which cover every byte, in order; a part inside of another is deeper.</summary>
    public IEnumerable<AggregatePart> Parts => _parts.OrderBy(static part => part.Start).ThenBy(static part => part.Depth);

    /// <summary>The problems found; empty for a valid aggregate.</summary>
    public IReadOnlyList<string> Problems => _problems;

    public int PartitionKeys => _partitionKeys.Count;

    public int HashKeys => _hashKeys.Count;

    public int Records { get; private set; }

    public void Add(int start, int length, int depth, string meaning) => _parts.Add(new AggregatePart(start, length, depth, meaning));

    public void AddProblem(int start, string problem) =>
        _problems.Add($"byte {start}: {problem}");

    public void AddPartitionKey(int start, int valueStart, int end)
    {
        var value = Payload.Span[valueStart..end];
        var text = Preview.Of(value);
        Add(start, end - start, 0, $"partition key {PartitionKeys}, {Preview.Bytes(value.Length)}: {text}, hash key {HashKey.OfPartitionKey(value)}");
        if (value.IsEmpty)
            AddProblem(start, $"partition key {PartitionKeys} is empty");
        _partitionKeys.Add(text);
    }

    public void AddHashKey(int start, int valueStart, int end)
    {
        var value = Payload.Span[valueStart..end];
        var text = Preview.Of(value);
        Add(start, end - start, 0, $"explicit hash key {HashKeys}, {Preview.Bytes(value.Length)}: {text}");
        if (!UInt128.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            AddProblem(start, $"explicit hash key {HashKeys} is no number from 0 to 2^128 - 1: {text}");
        _hashKeys.Add(text);
    }

    /// <summary>The schema versions that records name, in the order in which they were found.</summary>
    public IReadOnlyList<Guid> SchemaVersions => _schemaVersions;

    /// <summary>Notes the data of a record.</summary>
    public void AddData(ReadOnlyMemory<byte> data)
    {
        if (FramedRecord.TryRead(data, out var framed) && !_schemaVersions.Contains(framed.VersionId))
            _schemaVersions.Add(framed.VersionId);
    }

    /// <summary>Counts a record and returns its number.</summary>
    public int AddRecord() => Records++;

    public string? PartitionKeyAt(ulong index) => index < (ulong)PartitionKeys ? _partitionKeys[(int)index] : null;

    public string? HashKeyAt(ulong index) => index < (ulong)HashKeys ? _hashKeys[(int)index] : null;
}

/// <summary>A range of bytes in an aggregate and its meaning.</summary>
/// <param name="Depth">0 for a part of the payload itself, 1 for a part of a record in it.</param>
internal readonly record struct AggregatePart(int Start, int Length, int Depth, string Meaning);
