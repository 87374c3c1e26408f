using System.Buffers.Binary;
using System.IO.Compression;

namespace Orleans.Kpl.Glue;

/// <summary>
/// Data with Glue's header, as Glue's libraries write it (aws-glue-schema-registry, <c>SerializationDataEncoder</c>). The header has version 3, a
/// compression byte (0 none, 5 zlib), and the id of the schema version in 16 bytes with the most significant one first.
/// </summary>
public readonly struct GlueFrame
{
    /// <summary>The size of the header in bytes.</summary>
    public const int HeaderSize = 18;

    /// <summary>The default limit of <see cref="Unpack"/> for the size of decompressed data: 64 MiB.</summary>
    public const int DefaultMaxBytes = 64 << 20;

    private const byte Version = 3;
    private const byte Plain = 0;
    private const byte Compressed = 5;
    private const uint AdlerBase = 65_521;

    /// <summary>The FDICT bit in the second byte of a zlib stream (RFC 1950). <see cref="ZLibStream"/> throws an <see cref="IOException"/> for it.</summary>
    private const byte AsksForDictionary = 0x20;

    /// <summary>The output of zlib for no bytes.</summary>
    private static ReadOnlySpan<byte> CompressedNothing => [0x78, 0x9c, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01];

    private GlueFrame(Guid versionId, bool isCompressed, ReadOnlyMemory<byte> payload) =>
        (VersionId, IsCompressed, Payload) = (versionId, isCompressed, payload);

    /// <summary>The id of the schema version.</summary>
    public Guid VersionId { get; }

    /// <summary>Whether the payload is a zlib stream.</summary>
    public bool IsCompressed { get; }

    /// <summary>The payload behind the header, compressed or not. It is the memory that was read, not a copy.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    /// <summary>Reads the header: 18 bytes at least, version 3, compression 0 or 5, as Glue's libraries demand. Nothing is copied.</summary>
    /// <param name="data">The data of a user record.</param>
    /// <param name="frame">The frame; the default value if there is none.</param>
    /// <returns>False for data without such a header.</returns>
    public static bool TryRead(ReadOnlyMemory<byte> data, out GlueFrame frame)
    {
        var bytes = data.Span;
        if (bytes.Length < HeaderSize || bytes[0] != Version || bytes[1] is not (Plain or Compressed))
        {
            frame = default;
            return false;
        }

        frame = new GlueFrame(new Guid(bytes[2..HeaderSize], bigEndian: true), bytes[1] == Compressed, data[HeaderSize..]);
        return true;
    }

    /// <summary>Returns the data without header and compression.</summary>
    /// <param name="maxBytes">The maximum size of decompressed data in bytes; at least 0.</param>
    /// <exception cref="InvalidDataException">
    /// The zlib stream is damaged, was cut off, has bytes behind it, or becomes longer than <paramref name="maxBytes"/>.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxBytes"/> is below 0.</exception>
    public ReadOnlyMemory<byte> Unpack(int maxBytes = DefaultMaxBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxBytes);
        return IsCompressed ? Inflate(Payload, maxBytes) : Payload;
    }

    /// <summary>The size of a frame whose data is not compressed.</summary>
    internal static int SizeOf(int data) => HeaderSize + data;

    /// <summary>Writes a frame whose data is not compressed.</summary>
    internal static void Write(Guid versionId, ReadOnlySpan<byte> data, Span<byte> destination)
    {
        WriteHeader(versionId, Plain, destination);
        data.CopyTo(destination[HeaderSize..]);
    }

    internal static byte[] Write(Guid versionId, ReadOnlySpan<byte> data, GlueCompression compression)
    {
        if (compression == GlueCompression.None)
        {
            var plain = new byte[SizeOf(data.Length)];
            Write(versionId, data, plain);
            return plain;
        }

        var frame = new MemoryStream(HeaderSize + data.Length / 2 + 16);
        Span<byte> header = stackalloc byte[HeaderSize];
        WriteHeader(versionId, Compressed, header);
        frame.Write(header);
        if (data.IsEmpty)
        {
            // .NET's stream writes nothing at all for nothing.
            frame.Write(CompressedNothing);
            return frame.ToArray();
        }

        // The level of Java's Deflater, which Glue's libraries use.
        using (var zlib = new ZLibStream(frame, CompressionLevel.Optimal, leaveOpen: true))
            zlib.Write(data);
        return frame.ToArray();
    }

    private static void WriteHeader(Guid versionId, byte compression, Span<byte> destination)
    {
        (destination[0], destination[1]) = (Version, compression);
        versionId.TryWriteBytes(destination[2..], bigEndian: true, out _);
    }

    private static byte[] Inflate(ReadOnlyMemory<byte> payload, int maxBytes)
    {
        const int adlerSize = 4;
        if (payload.Length < 2 + adlerSize)
            throw new InvalidDataException($"a zlib stream of {payload.Length} bytes is too short: the data was cut off");
        if ((payload.Span[1] & AsksForDictionary) != 0)
            throw new InvalidDataException("the zlib stream asks for a dictionary, and frames have none");
        var inflated = new MemoryStream();
        using (var zlib = new ZLibStream(new MemoryStream(payload.ToArray()), CompressionMode.Decompress))
        {
            var buffer = new byte[81_920];
            while (zlib.Read(buffer) is > 0 and var read)
            {
                if (inflated.Length + read > maxBytes)
                    throw new InvalidDataException($"the compressed data becomes longer than {maxBytes} bytes");
                inflated.Write(buffer, 0, read);
            }
        }

        // .NET's stream takes data that was cut off for a whole, and passes over what follows: only the checksum at the end tells.
        var data = inflated.ToArray();
        if (BinaryPrimitives.ReadUInt32BigEndian(payload.Span[^adlerSize..]) != Adler32(data))
            throw new InvalidDataException("the zlib stream is damaged, was cut off, or has bytes behind it: it does not end with the checksum of its data");
        return data;
    }

    /// <summary>RFC 1950's checksum.</summary>
    private static uint Adler32(ReadOnlySpan<byte> data)
    {
        // So many bytes can be added up before 32 bits overflow (zlib, NMAX).
        const int atOnce = 5_552;
        var (a, b) = (1u, 0u);
        while (!data.IsEmpty)
        {
            foreach (var value in data[..Math.Min(atOnce, data.Length)])
            {
                a += value;
                b += a;
            }

            (a, b) = (a % AdlerBase, b % AdlerBase);
            data = data[Math.Min(atOnce, data.Length)..];
        }

        return (b << 16) | a;
    }
}

/// <summary>How the data behind a frame's header is compressed (AWS Glue's libraries, <c>compression</c>).</summary>
public enum GlueCompression
{
    /// <summary>As it is; compression byte 0.</summary>
    None = 0,

    /// <summary>zlib (RFC 1950); compression byte 5.</summary>
    Zlib,
}
