using System.Formats.Cbor;
using System.Text.Json;
using Orleans.Kpl.Aws.Bodies;
using Orleans.Kpl.Aws.Endpoints;
using Orleans.Kpl.Aws.Transport;
using Orleans.Kpl.Aws.Wire;
using Orleans.Kpl.Aws.Wire.Cbor;
using Orleans.Kpl.Pipeline.Kinesis;

namespace Orleans.Kpl.Aws.Operations;

/// <summary>Reads the answers of PutRecords and PutRecord.</summary>
internal sealed class PutRecords
{
    public static readonly KinesisOperation Many = new("PutRecords", OperationKind.Data);

    public static readonly KinesisOperation One = new("PutRecord", OperationKind.Data);

    private readonly TextCache _texts = new();
    private readonly ReplyReader<PutRecordsReplyEntry> _readEntry;

    public PutRecords()
    {
        var cbor = new PutRecordsCbor(_texts);
        _readEntry = ReadEntry;
        ReadReply = new(Read, cbor.Read);
        ReadSingle = new(ReadEntry, cbor.ReadEntry);
    }

    public ReplyReaders<PutRecordsReply> ReadReply { get; }

    public ReplyReaders<PutRecordsReplyEntry> ReadSingle { get; }

    private PutRecordsReply Read(ref Utf8JsonReader json)
    {
        List<PutRecordsReplyEntry>? entries = null;
        while (json.NextMember())
        {
            if (json.IsMember("Records"u8))
                entries = json.ReadList(_readEntry, capacity: 128);
            else
                json.SkipMember();
        }

        return new PutRecordsReply(entries ?? throw new JsonException("The answer has no Records."));
    }

    private PutRecordsReplyEntry ReadEntry(ref Utf8JsonReader json)
    {
        json.Expect(JsonTokenType.StartObject);
        string? shardId = null, sequenceNumber = null, errorCode = null, errorMessage = null;
        while (json.NextMember())
        {
            if (json.IsMember("SequenceNumber"u8))
                sequenceNumber = json.GetString();
            else if (json.IsMember("ShardId"u8))
                shardId = json.ReadCached(_texts);
            else if (json.IsMember("ErrorCode"u8))
                errorCode = json.ReadCached(_texts);
            else if (json.IsMember("ErrorMessage"u8))
                errorMessage = json.GetString();
            else
                json.SkipMember();
        }

        return new PutRecordsReplyEntry(shardId, sequenceNumber, errorCode, errorMessage);
    }
}

/// <summary>Reads the answers of PutRecords and PutRecord in CBOR.</summary>
/// <param name="texts">The cache of repeated strings, shared with the reader of JSON.</param>
internal sealed class PutRecordsCbor(TextCache texts)
{
    public PutRecordsReply Read(CborReader cbor)
    {
        List<PutRecordsReplyEntry>? entries = null;
        CborParts.ReadStartMap(cbor);
        while (CborParts.NextMember(cbor, out var name))
        {
            if (name.SequenceEqual("Records"u8))
                entries = ReadEntries(cbor);
            else
                CborParts.Skip(cbor);
        }

        return new PutRecordsReply(entries ?? throw new CborContentException("The answer has no Records."));
    }

    public PutRecordsReplyEntry ReadEntry(CborReader cbor)
    {
        string? shardId = null, sequenceNumber = null, errorCode = null, errorMessage = null;
        CborParts.ReadStartMap(cbor);
        while (CborParts.NextMember(cbor, out var name))
        {
            if (name.SequenceEqual("SequenceNumber"u8))
                sequenceNumber = CborParts.ReadTextOrNull(cbor);
            else if (name.SequenceEqual("ShardId"u8))
                shardId = ReadCached(cbor);
            else if (name.SequenceEqual("ErrorCode"u8))
                errorCode = ReadCached(cbor);
            else if (name.SequenceEqual("ErrorMessage"u8))
                errorMessage = CborParts.ReadTextOrNull(cbor);
            else
                CborParts.Skip(cbor);
        }

        return new PutRecordsReplyEntry(shardId, sequenceNumber, errorCode, errorMessage);
    }

    private List<PutRecordsReplyEntry> ReadEntries(CborReader cbor)
    {
        var entries = new List<PutRecordsReplyEntry>(128);
        if (CborParts.IsNull(cbor))
            return entries;
        cbor.ReadStartArray();
        while (cbor.PeekState() != CborReaderState.EndArray)
            entries.Add(ReadEntry(cbor));
        cbor.ReadEndArray();
        return entries;
    }

    private string? ReadCached(CborReader cbor) => CborParts.TryReadText(cbor, out var text) ? texts.Get(text.Span) : null;
}
