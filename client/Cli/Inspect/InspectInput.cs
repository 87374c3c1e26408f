using System.Buffers.Text;
using Orleans.Kpl.Cli.Commands;
using Orleans.Kpl.Cli.Terminal;
using Orleans.Kpl.Deaggregation;

namespace Orleans.Kpl.Cli.Inspect;

/// <summary>Reads the payload to inspect.</summary>
internal static class InspectInput
{
    /// <summary>The largest input in bytes: a 10 MiB record in hexadecimal, with space for blanks.</summary>
    private const int Largest = 64 << 20;

    /// <summary>Reads and decodes the whole input; the note names an encoding that was detected.</summary>
    public static async Task<(ReadOnlyMemory<byte> Payload, string? Note)> ReadAsync(InputFile file, InspectEncoding encoding, CancellationToken stop)
    {
        var bytes = await ReadAllAsync(file.Stream, stop).ConfigureAwait(false);
        return encoding switch
        {
            InspectEncoding.Base64 => (DecodeBase64(bytes) ?? throw CliException.BadArguments("the input is not base64"), null),
            InspectEncoding.Hex => (DecodeHex(bytes), null),
            _ when bytes.AsSpan().StartsWith(AggregateFormat.Magic) => (bytes, null),
            _ when DecodeBase64(bytes) is { } decoded && decoded.AsSpan().StartsWith(AggregateFormat.Magic) => (decoded, "the input is base64"),
            _ => (bytes, null),
        };
    }

    private static async Task<byte[]> ReadAllAsync(Stream input, CancellationToken stop)
    {
        using var all = new MemoryStream();
        var buffer = new byte[64 << 10];
        int read;
        // A read of a terminal ignores its token: it ends with a line, or with the input.
        while ((read = await input.ReadAsync(buffer, stop).AsTask().WaitAsync(stop).ConfigureAwait(false)) > 0)
        {
            all.Write(buffer, 0, read);
            if (all.Length > Largest)
                throw CliException.BadArguments($"the input is larger than {Largest >> 20} MiB; a Kinesis record has at most 10 MiB");
        }

        return all.ToArray();
    }

    /// <summary>Decodes base64, in which blanks and line breaks are allowed; null if the text is not base64.</summary>
    private static byte[]? DecodeBase64(byte[] text)
    {
        if (text.Length == 0 || !Base64.IsValid(text, out var length))
            return null;
        var decoded = new byte[length];
        return Base64.DecodeFromUtf8(text, decoded, out _, out var written) is System.Buffers.OperationStatus.Done && written == length ? decoded : null;
    }

    /// <remarks>Other tools write blanks, line breaks, colons and a leading <c>0x</c>; they are skipped.</remarks>
    private static byte[] DecodeHex(byte[] text)
    {
        var digits = text.Where(static b => b is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n' or (byte)':')).Select(static b => (char)b).ToArray();
        var start = digits is ['0', 'x' or 'X', ..] ? 2 : 0;
        try
        {
            return Convert.FromHexString(digits.AsSpan(start));
        }
        catch (FormatException)
        {
            throw CliException.BadArguments("the input is not hexadecimal: pairs of 0-9 a-f, with blanks, line ends or colons between");
        }
    }
}

/// <summary>The encoding of the input.</summary>
internal enum InspectEncoding
{
    /// <summary>Raw bytes, or base64 if the input is the base64 of an aggregate.</summary>
    Detect,

    Base64,

    Hex,
}
