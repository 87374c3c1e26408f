using System.Buffers;
using System.Buffers.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Orleans.Kpl.LocalKinesis.Wire;

/// <summary>The JSON 1.1 dialect: blobs in base64, instants in seconds with a fraction.</summary>
internal sealed class JsonAnswerWriter(PooledBytes output) : AnswerWriter(output)
{
    public const string MediaType = "application/x-amz-json-1.1";

    private static readonly SearchValues<byte> NeedsEscape =
        SearchValues.Create([.. Enumerable.Range(0, 32).Select(i => (byte)i), (byte)'"', (byte)'\\', 0x7f]);

    private bool _comma;

    public override string ContentType => MediaType;

    public override void Reset()
    {
        base.Reset();
        _comma = false;
    }

    public override void StartObject() => Open((byte)'{');

    public override void EndObject() => Close((byte)'}');

    public override void StartArray() => Open((byte)'[');

    public override void EndArray() => Close((byte)']');

    public override void Name(ReadOnlySpan<byte> name)
    {
        var space = Output.Room(name.Length + 4);
        var at = 0;
        if (_comma) space[at++] = (byte)',';
        space[at++] = (byte)'"';
        name.CopyTo(space[at..]);
        at += name.Length;
        space[at++] = (byte)'"';
        space[at++] = (byte)':';
        Output.Advance(at);
        _comma = false;
    }

    public override void Number(long value)
    {
        Separate();
        Utf8Formatter.TryFormat(value, Output.Room(20), out var written);
        Output.Advance(written);
    }

    public override void Bool(bool value)
    {
        Separate();
        Output.Add(value ? "true"u8 : "false"u8);
    }

    public override void Ascii(ReadOnlySpan<byte> value)
    {
        Separate();
        var space = Output.Room(value.Length + 2);
        space[0] = (byte)'"';
        value.CopyTo(space[1..]);
        space[value.Length + 1] = (byte)'"';
        Output.Advance(value.Length + 2);
    }

    public override void Utf8(ReadOnlySpan<byte> value)
    {
        if (value.ContainsAny(NeedsEscape))
            value = JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes;
        Ascii(value);
    }

    public override void Bytes(ReadOnlySpan<byte> value)
    {
        Separate();
        var space = Output.Room(Base64.GetMaxEncodedToUtf8Length(value.Length) + 2);
        space[0] = (byte)'"';
        Base64.EncodeToUtf8(value, space[1..], out _, out var written);
        space[written + 1] = (byte)'"';
        Output.Advance(written + 2);
    }

    public override void Timestamp(long utcTicks)
    {
        var milliseconds = EndpointClock.ToUnixMilliseconds(utcTicks);
        Number(milliseconds / 1000);
        Output.Add((byte)'.');
        Utf8Formatter.TryFormat(milliseconds % 1000, Output.Room(3), out var written, new('D', 3));
        Output.Advance(written);
    }

    private void Separate()
    {
        if (_comma) Output.Add((byte)',');
        _comma = true;
    }

    private void Open(byte bracket)
    {
        Separate();
        Output.Add(bracket);
        _comma = false;
    }

    private void Close(byte bracket)
    {
        Output.Add(bracket);
        _comma = true;
    }
}
