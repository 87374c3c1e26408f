using System.Formats.Cbor;
using System.Text;

namespace Orleans.Kpl.LocalKinesis.Wire;

/// <summary>Reads PutRecord and PutRecords from CBOR. Strings of definite length stay where they lie, others are gathered.</summary>
internal readonly struct CborPutReader
{
    private readonly CborReader _reader;

    private CborPutReader(ReadOnlyMemory<byte> body) => _reader = new(body, CborConformanceMode.Lax);

    public static void Read(ReadOnlyMemory<byte> body, PutRequest request, bool single)
    {
        try
        {
            new CborPutReader(body).Read(request, single);
        }
        catch (Exception error) when (error is CborContentException or InvalidOperationException or OverflowException or ArgumentException)
        {
            throw KinesisErrors.Serialization();
        }
    }

    private void Read(PutRequest request, bool single)
    {
        var entry = default(PutEntry);
        if (_reader.PeekState() == CborReaderState.Tag) _reader.ReadTag();
        _reader.ReadStartMap();
        while (_reader.PeekState() != CborReaderState.EndMap)
        {
            var name = _reader.ReadTextString();
            if (single && TryReadMember(name, ref entry)) continue;
            switch (name)
            {
                case "StreamName": request.StreamName = Text(); break;
                case "StreamARN": request.StreamArn = Text(); break;
                case "SequenceNumberForOrdering": request.SequenceNumberForOrdering = Text(); break;
                case "Records" when !single: ReadEntries(request); break;
                default: CborFields.Value(_reader, 0); break;
            }
        }
        _reader.ReadEndMap();
        if (single) request.Add(entry);
    }

    private void ReadEntries(PutRequest request)
    {
        if (IsNull()) return;
        _reader.ReadStartArray();
        request.StartEntries();
        while (_reader.PeekState() != CborReaderState.EndArray)
        {
            var entry = default(PutEntry);
            _reader.ReadStartMap();
            while (_reader.PeekState() != CborReaderState.EndMap)
                if (!TryReadMember(_reader.ReadTextString(), ref entry)) CborFields.Value(_reader, 0);
            _reader.ReadEndMap();
            request.Add(entry);
        }
        _reader.ReadEndArray();
    }

    private bool TryReadMember(string name, ref PutEntry entry)
    {
        switch (name)
        {
            case "Data":
                if (IsNull()) return true;
                entry.Data = _reader.PeekState() == CborReaderState.ByteString
                    ? _reader.ReadDefiniteLengthByteString() : _reader.ReadByteString();
                entry.HasData = true;
                return true;
            case "PartitionKey":
                if (IsNull()) return true;
                entry.Key = TextBytes();
                entry.HasKey = true;
                return true;
            case "ExplicitHashKey":
                if (!IsNull()) HashKeys.SetExplicit(ref entry, TextBytes().Span);
                return true;
            default:
                return false;
        }
    }

    private ReadOnlyMemory<byte> TextBytes() => _reader.PeekState() == CborReaderState.TextString
        ? _reader.ReadDefiniteLengthTextStringBytes() : Encoding.UTF8.GetBytes(_reader.ReadTextString());

    private string? Text() => IsNull() ? null : _reader.ReadTextString();

    private bool IsNull()
    {
        if (_reader.PeekState() != CborReaderState.Null) return false;
        _reader.ReadNull();
        return true;
    }
}
