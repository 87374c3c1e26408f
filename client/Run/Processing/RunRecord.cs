using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using Orleans.Kpl.Texts;

namespace Orleans.Kpl.Run.Processing;

/// <summary>
/// One record on its way through the processors: its data, and the same as JSON once somebody asks. One object serves all records of a run, one
/// after the other.
/// </summary>
internal sealed class RunRecord
{
    /// <summary>How deep JSON may be: what reads it at the other end may allow no more than 64, and a request adds to it.</summary>
    private const int MaxDepth = 60;

    private static readonly JsonDocumentOptions Parsing = new() { MaxDepth = MaxDepth, AllowDuplicateProperties = false };
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _written = new(4096);
    private readonly Utf8JsonWriter _writer;
    private ReadOnlyMemory<byte> _data;
    private JsonNode? _json;
    private JsonNode? _keys;
    private string? _parseError;
    private bool _isParsed;
    private bool _isChanged;

    public RunRecord() => _writer = new Utf8JsonWriter(_written, Writing);

    /// <summary>Begins the next record.</summary>
    public void Begin(ReadOnlyMemory<byte> data)
    {
        _data = data;
        _json = null;
        _keys = null;
        _parseError = null;
        _isParsed = _isChanged = IsJson = false;
    }

    /// <summary>Whether the data is one JSON text without blanks around it, as far as is known.</summary>
    public bool IsJson { get; private set; }

    /// <summary>The record as JSON; null if it is none, or JSON's null.</summary>
    public JsonNode? Json
    {
        get
        {
            Parse();
            return _json;
        }
    }

    /// <summary>The JSON that keys are chosen from: the record before a step selected from it, with what was set since; null if it is no JSON.</summary>
    public JsonNode? Keys => _keys ?? Json;

    /// <summary>Why the record is no JSON; null if it is.</summary>
    public string? ParseError
    {
        get
        {
            Parse();
            return _parseError;
        }
    }

    /// <summary>The record's data now: the bytes that came, unless a processor changed them.</summary>
    public ReadOnlyMemory<byte> Data
    {
        get
        {
            if (_isChanged)
                Write();
            return _data;
        }
    }

    /// <summary>Takes note that a processor changed the JSON.</summary>
    public void SetChanged() => _isChanged = true;

    /// <summary>Makes a part of the JSON the record; the whole stays what keys are chosen from.</summary>
    public void Select(JsonNode json)
    {
        _keys ??= _json;
        (_json, _parseError, _isParsed, _isChanged) = (json, null, true, true);
    }

    /// <summary>Makes other bytes of the data; the JSON stays what keys are chosen from.</summary>
    public void ReplaceData(Func<ReadOnlyMemory<byte>, byte[]> change)
    {
        Parse();
        (_data, _isChanged, IsJson) = (change(Data), false, false);
    }

    private void Parse()
    {
        if (_isParsed)
            return;
        _isParsed = true;
        if (!Utf8.IsValid(_data.Span))
        {
            _parseError = "it is not UTF-8";
            return;
        }

        try
        {
            var text = ByteOrderMark.Skip(_data);
            _json = JsonNode.Parse(text.Span, documentOptions: Parsing);
            _data = text;
        }
        catch (JsonException exception)
        {
            _parseError = JsonFault.ReasonOf(exception) ?? "it is no JSON";
        }
    }

    private void Write()
    {
        _written.ResetWrittenCount();
        _writer.Reset();
        _json!.WriteTo(_writer);
        _writer.Flush();
        (_data, _isChanged, IsJson) = (_written.WrittenMemory, false, true);
    }
}
