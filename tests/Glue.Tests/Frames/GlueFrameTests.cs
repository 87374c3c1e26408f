using System.Text;
using System.Text.Json;

namespace Orleans.Kpl.Glue.Tests.Frames;

/// <remarks>
/// The vectors of vectors-java.json are made by AWS' own Java classes: MakeVectors.java. Those of vectors.json are made by Python: make-vectors.py.
/// </remarks>
public sealed class GlueFrameTests
{
    private static readonly Guid Version = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");

    private static List<JsonElement> Vectors(string name)
    {
        using var file = typeof(GlueFrameTests).Assembly.GetManifestResourceStream(name)!;
        return [.. JsonDocument.Parse(file).RootElement.EnumerateArray()];
    }

    [Theory]
    [InlineData("vectors-java.json", 70)]
    [InlineData("vectors.json", 44)]
    public void Vectors_MadeByOthers_AreReadToTheByte(string name, int count)
    {
        var vectors = Vectors(name);
        Assert.Equal(count, vectors.Count);
        Assert.All(vectors, static vector =>
        {
            Assert.True(GlueFrame.TryRead(vector.GetProperty("frame").GetBytesFromBase64(), out var frame));
            Assert.Equal(vector.GetProperty("id").GetGuid(), frame.VersionId);
            Assert.Equal(vector.GetProperty("compressed").GetBoolean(), frame.IsCompressed);
            Assert.Equal(vector.GetProperty("data").GetBytesFromBase64(), frame.Unpack().ToArray());
        });
    }

    [Theory]
    [InlineData("vectors-java.json")]
    [InlineData("vectors.json")]
    public void Vectors_MadeByOthers_AreWhatIsWritten(string name)
    {
        Assert.All(Vectors(name), static vector =>
        {
            var (id, data) = (vector.GetProperty("id").GetGuid(), vector.GetProperty("data").GetBytesFromBase64());
            var expected = vector.GetProperty("frame").GetBytesFromBase64();
            if (!vector.GetProperty("compressed").GetBoolean())
            {
                Assert.Equal(expected, GlueFrame.Write(id, data, GlueCompression.None));
                return;
            }

            // Two compressors need not agree on the bytes: header and zlib's own checksum are the same.
            var written = GlueFrame.Write(id, data, GlueCompression.Zlib);
            Assert.Equal(expected[..18], written[..18]);
            Assert.Equal(expected[^4..], written[^4..]);
            Assert.True(GlueFrame.TryRead(written, out var frame));
            Assert.Equal(data, frame.Unpack().ToArray());
        });
    }

    [Fact]
    public void TryRead_OfDataWithoutTheHeader_IsFalse()
    {
        byte[] sound = GlueFrame.Write(Version, "data"u8, GlueCompression.None);
        Assert.All((byte[][])[[], sound[..17], [2, .. sound[1..]], [3, 1, .. sound[2..]], Encoding.UTF8.GetBytes("""{"n":1,"text":"of eighteen and more"}""")],
            static data => Assert.False(GlueSchemaRegistry.TryRead(data, out _)));
        Assert.True(GlueSchemaRegistry.TryRead(sound.AsMemory(0, 18), out var empty));
        Assert.True(empty.Unpack().IsEmpty);
    }

    [Fact]
    public void TryRead_CopiesNothing()
    {
        byte[] framed = GlueFrame.Write(Version, "data"u8, GlueCompression.None);
        Assert.True(GlueFrame.TryRead(framed, out var frame));
        framed[18] = (byte)'D';
        Assert.Equal("Data"u8, frame.Unpack().Span);
    }

    [Fact]
    public void Unpack_OfAStreamThatWasCutOffAnywhere_IsRefused()
    {
        var framed = GlueFrame.Write(Version, Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 200))), GlueCompression.Zlib);
        for (var length = 18; length < framed.Length; length++)
        {
            Assert.True(GlueFrame.TryRead(framed.AsMemory(0, length), out var frame));
            Assert.Throws<InvalidDataException>(() => frame.Unpack());
        }
    }

    /// <summary>It was said to be damaged or cut off, and neither is true.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(9_000)]
    public void Unpack_WithBytesBehindTheStream_SaysThatToo(int count)
    {
        byte[] framed = [.. GlueFrame.Write(Version, new byte[200], GlueCompression.Zlib), .. new byte[count]];
        Assert.True(GlueFrame.TryRead(framed, out var frame));
        Assert.Contains("has bytes behind it", Assert.Throws<InvalidDataException>(() => frame.Unpack()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unpack_OfAStreamWithAnyByteChanged_IsRefusedOrTheSame()
    {
        var data = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 200)));
        var framed = GlueFrame.Write(Version, data, GlueCompression.Zlib);
        for (var i = 18; i < framed.Length; i++)
        {
            var damaged = framed.ToArray();
            damaged[i] ^= 0x10;
            Assert.True(GlueFrame.TryRead(damaged, out var frame));
            // A few bits of a deflate stream have no meaning; the checksum tells of all that have.
            try
            {
                Assert.Equal(data, frame.Unpack().ToArray());
            }
            catch (InvalidDataException)
            {
            }
        }
    }

    /// <summary>It was another exception, which ended kpl tail.</summary>
    [Fact]
    public void Unpack_OfAStreamThatAsksForADictionary_IsRefused()
    {
        var framed = GlueFrame.Write(Version, default, GlueCompression.Zlib);
        // With the check of the header's two bytes that belongs to it.
        framed[19] = 0x20;
        Assert.True(GlueFrame.TryRead(framed, out var frame));
        Assert.Throws<InvalidDataException>(() => frame.Unpack());
    }

    [Fact]
    public void Unpack_OfWhatBecomesTooLong_IsRefused()
    {
        var framed = GlueFrame.Write(Version, new byte[100_001], GlueCompression.Zlib);
        Assert.True(framed.Length < 1_000);
        Assert.True(GlueFrame.TryRead(framed, out var frame));
        Assert.Contains("longer than 100000 bytes", Assert.Throws<InvalidDataException>(() => frame.Unpack(100_000)).Message, StringComparison.Ordinal);
        Assert.Equal(100_001, frame.Unpack(100_001).Length);
    }
}
