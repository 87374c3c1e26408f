using System.Formats.Cbor;
using Orleans.Kpl.Aws.Wire.Cbor;

namespace Orleans.Kpl.Kinesis.Wire;

/// <summary>Reads PutRecord and PutRecords from CBOR. Data of definite length stays where it lies.</summary>
internal readonly struct PutCbor(ReadOnlyMemory<byte> body, PutCall call)
{
    private readonly CborReader _cbor = new(body, CborConformanceMode.Lax);

    /// <inheritdoc cref="PutJson.Read(ReadOnlyMemory{byte}, bool, PutCall)"/>
    public static void Read(ReadOnlyMemory<byte> body, bool isSingle, PutCall call)
    {
        try
        {
            new PutCbor(body, call).Read(isSingle);
        }
        catch (Exception error) when (error is CborContentException or InvalidOperationException or OverflowException or ArgumentException)
        {
            throw FrontErrors.Serialization("The body is not the CBOR of such a request.");
        }
    }

    private void Read(bool isSingle)
    {
        PutEntry entry = default;
        CborParts.ReadStartMap(_cbor);
        while (_cbor.PeekState() != CborReaderState.EndMap)
        {
            var name = CborParts.ReadText(_cbor);
            if (isSingle && TryReadMember(name, ref entry))
                continue;
            switch (name)
            {
                case "StreamName":
                    call.StreamName = ReadText();
                    break;
                case "StreamARN":
                    call.StreamArn = ReadText();
                    break;
                case "SequenceNumberForOrdering":
                    call.SequenceNumberForOrdering = ReadText();
                    break;
                case "Records" when !isSingle:
                    ReadEntries();
                    break;
                default:
                    CborParts.Skip(_cbor);
                    break;
            }
        }

        _cbor.ReadEndMap();
        if (_cbor.BytesRemaining > 0)
            throw new CborContentException("bytes follow the request");
        if (isSingle)
            call.Add(entry);
    }

    private void ReadEntries()
    {
        if (CborParts.IsNull(_cbor))
            return;
        call.Count ??= 0;
        _cbor.ReadStartArray();
        while (_cbor.PeekState() != CborReaderState.EndArray)
        {
            PutEntry entry = default;
            _cbor.ReadStartMap();
            while (_cbor.PeekState() != CborReaderState.EndMap)
            {
                if (!TryReadMember(CborParts.ReadText(_cbor), ref entry))
                    CborParts.Skip(_cbor);
            }

            _cbor.ReadEndMap();
            call.Add(entry);
        }

        _cbor.ReadEndArray();
    }

    private bool TryReadMember(string name, ref PutEntry entry)
    {
        switch (name)
        {
            case "Data":
                entry = entry with { Data = CborParts.IsNull(_cbor) ? null : CborParts.ReadBytes(_cbor) };
                return true;
            case "PartitionKey":
                entry = entry with { Key = ReadText() };
                return true;
            case "ExplicitHashKey":
                entry = entry with { HashKey = ReadText() };
                return true;
            default:
                return false;
        }
    }

    private string? ReadText() => CborParts.ReadTextOrNull(_cbor);
}
