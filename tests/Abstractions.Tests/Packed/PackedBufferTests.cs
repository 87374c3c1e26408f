using System.Text;
using Orleans.Kpl.Packed;

namespace Orleans.Kpl.Abstractions.Tests.Packed;

/// <summary>What packed messages are written into.</summary>
public sealed class PackedBufferTests
{
    [Theory]
    [InlineData(0UL, 1)]
    [InlineData(127UL, 1)]
    [InlineData(128UL, 2)]
    [InlineData(16_383UL, 2)]
    [InlineData(16_384UL, 3)]
    [InlineData(ulong.MaxValue, 10)]
    public void WriteVarint_TakesTheBytesThatWereFiguredAndIsReadBack(ulong value, int bytes)
    {
        var buffer = new PackedBuffer();
        buffer.WriteVarint(value);

        Assert.Equal(bytes, buffer.Length);
        Assert.Equal(bytes, PackedBuffer.SizeOfVarint(value));
        Assert.Equal(value, new PackedReader(buffer.Written).ReadVarint());
    }

    /// <summary>At each place of a buffer: at its end there is no room for two bytes.</summary>
    [Theory]
    [InlineData(127UL)]
    [InlineData(128UL)]
    [InlineData(16_383UL)]
    [InlineData(16_384UL)]
    public void WriteVarint_OfMany_AreReadBack(ulong value)
    {
        var buffer = new PackedBuffer();
        for (var i = 0; i < 200; i++)
        {
            buffer.WriteVarint(1);
            buffer.WriteVarint(value);
        }

        var reader = new PackedReader(buffer.Written);
        for (var i = 0; i < 200; i++)
            Assert.Equal((1UL, value), (reader.ReadVarint(), reader.ReadVarint()));
        Assert.Equal(0, reader.Left);
    }

    [Fact]
    public void ReadVarint_WhereItsSecondByteIsMissing_Throws()
    {
        Assert.Throws<PackedFormatException>(static () => new PackedReader([0x80]).ReadVarint());
        Assert.Throws<PackedFormatException>(static () => new PackedReader([]).ReadVarint());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(63)]
    [InlineData(-64)]
    [InlineData(long.MinValue)]
    [InlineData(long.MaxValue)]
    public void WriteSignedVarint_IsReadBack_SmallOnesOfBothSignsInOneByte(long value)
    {
        var buffer = new PackedBuffer();
        buffer.WriteSignedVarint(value);

        Assert.Equal(value, new PackedReader(buffer.Written).ReadSignedVarint());
        Assert.Equal(value is >= -64 and < 64, buffer.Length == 1);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("plain")]
    [InlineData("grüße, 水, 🐟")]
    public void WriteText_IsReadBack(string? text)
    {
        var buffer = new PackedBuffer();
        buffer.WriteText(text);
        buffer.WriteInt64(-5);
        var reader = new PackedReader(buffer.Written);

        Assert.Equal(text, reader.ReadText());
        Assert.Equal(-5, reader.ReadInt64());
        Assert.Equal(0, reader.Left);
    }

    /// <summary>Short texts reserve three bytes for each character, long ones are counted first.</summary>
    [Theory]
    [InlineData(10)]
    [InlineData(1_024)]
    [InlineData(1_025)]
    [InlineData(40_000)]
    public void WriteUtf8_OfAnyLength_TellsHowManyBytesItTook(int characters)
    {
        var text = string.Concat(Enumerable.Range(0, characters).Select(i => i % 2 == 0 ? 'ü' : '水'));
        var buffer = new PackedBuffer();

        Assert.Equal(Encoding.UTF8.GetByteCount(text), buffer.WriteUtf8(text));
        Assert.Equal(text, Encoding.UTF8.GetString(buffer.Written));
    }

    [Fact]
    public void WriteUtf8_OfHalfASurrogatePair_WritesTheReplacementCharacter()
    {
        var buffer = new PackedBuffer();
        buffer.WriteUtf8("a\uD83D");
        Assert.Equal("61EFBFBD", Convert.ToHexString(buffer.Written));
    }

    [Fact]
    public void Truncate_ForgetsWhatCameAfter()
    {
        var buffer = new PackedBuffer();
        buffer.Write("kept"u8);
        var kept = buffer.Length;
        buffer.Write(new byte[1_000]);

        buffer.Truncate(kept);
        buffer.Write((byte)'!');

        Assert.Equal("kept!"u8, buffer.Written);
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(1_000_000)]
    public void Clear_OfAnySize_LetsItBeWrittenAnew(int former)
    {
        var buffer = new PackedBuffer();
        buffer.Write(new byte[former]);

        buffer.Clear();

        Assert.Equal(0, buffer.Length);
        buffer.WriteUInt128BigEndian(1);
        Assert.Equal("00000000000000000000000000000001", Convert.ToHexString(buffer.Written));
    }
}
