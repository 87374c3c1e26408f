using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Orleans.Kpl.Http.Reading;

namespace Orleans.Kpl.Http.Tests.Reading;

public sealed class Base64LineTests
{
    private static readonly Arbitrary<int> Seeds = Gen.Choose(0, int.MaxValue).ToArbitrary();

    [Theory]
    [InlineData("""{"partition_key":"a","data":"aGk="}""", 0)]
    [InlineData("""{"partition_key":"a","data":"aGk="}""", 1)]
    [InlineData("""{"partition_key": "a", "data": "aGk="}""", 1)]
    [InlineData("{\"partition_key\":\"a\",\"data\":\"aGk=\"}\r", 1)]
    public void TryRead_OfALineAsProgramsWriteIt_DecodesItWhereItStands(string line, int ends)
    {
        var bytes = Encoding.UTF8.GetBytes(line + new string('\n', ends) + "rest"[..(ends * 4)]);

        var length = Base64Line.TryRead(bytes, new byte[Base64InPlace.ScratchBytes], out var key, out var data);

        Assert.Equal((line.Length + ends, "a"), (length, key));
        Assert.Equal("hi", Encoding.UTF8.GetString(data!.Value.Span));
        Assert.True(bytes.AsSpan().Overlaps(data.Value.Span));
    }

    [Theory]
    [InlineData("""{"data":"aGk=","partition_key":"a"}""")]
    [InlineData("""{"partition_key":"a\n","data":"aGk="}""")]
    [InlineData("""{"partition_key":"ä","data":"aGk="}""")]
    [InlineData("""{"partition_key":"a","data":"\u0061Gk="}""")]
    [InlineData("""{"partition_key":"a","data":"aGk=","explicit_hash_key":"1"}""")]
    [InlineData("""{"partition_key":"a","data":"aGk="} """)]
    [InlineData("""{"partition_key":"a","data":"aGk=""")]
    [InlineData("""{"partition_key":"a","data":null}""")]
    [InlineData("")]
    public void TryRead_OfAnotherLine_LeavesItAsItIs(string line)
    {
        var bytes = Encoding.UTF8.GetBytes(line);

        Assert.Equal(0, Base64Line.TryRead(bytes, new byte[Base64InPlace.ScratchBytes], out _, out _));

        Assert.Equal(line, Encoding.UTF8.GetString(bytes));
    }

    [Theory]
    [InlineData(Base64InPlace.ScratchBytes - 1)]
    [InlineData(Base64InPlace.ScratchBytes)]
    [InlineData(Base64InPlace.ScratchBytes + 1)]
    [InlineData((3 * Base64InPlace.ScratchBytes) + 2)]
    public void TryRead_OfMoreDataThanIsDecodedAtOnce_DecodesAll(int length)
    {
        var data = new byte[length];
        new Random(length).NextBytes(data);
        var bytes = Encoding.UTF8.GetBytes($$"""{"partition_key":"a","data":"{{Convert.ToBase64String(data)}}"}""");

        Assert.Equal(bytes.Length, Base64Line.TryRead(bytes, new byte[Base64InPlace.ScratchBytes], out _, out var decoded));

        Assert.Equal(data, decoded!.Value.ToArray());
    }

    [Fact]
    public void ReadLines_OfAnyDamagedLines_EndsAsWithTheReaderOfJson() => Prop.ForAll(Seeds, seed =>
    {
        var random = new Random(seed);
        var lines = Enumerable.Range(0, random.Next(1, 6)).Select(_ => Damage(random, Line(random))).ToList();

        using var records = new RecordBuffer(int.MaxValue);
        RecordsReader.ReadLines(lines.SelectMany(static l => l.Append((byte)'\n')).ToArray(), records, PayloadForm.Base64);

        var (expected, errors) = ReadOneByOne(lines);
        return errors.SequenceEqual(records.Errors.Select(static e => $"{e.Position} {e.Code}"))
            && expected.SequenceEqual(records.Records.ToArray().Select(static r => $"{r.PartitionKey} {Convert.ToHexString(r.Data.Span)} {r.ExplicitHashKey}"));
    }).QuickCheckThrowOnFailure();

    private static (List<string> Records, List<string> Errors) ReadOneByOne(List<byte[]> lines)
    {
        var (records, errors, position) = (new List<string>(), new List<string>(), 0);
        foreach (var line in lines.Where(static l => l.AsSpan().ContainsAnyExcept(" \t\r"u8)))
        {
            try
            {
                var reader = new Utf8JsonReader(line, EventReader.Json);
                reader.Read();
                var isRecord = EventReader.TryRead(ref reader, line, PayloadForm.Base64, out var record, out var code, out _);
                reader.Read();
                if (isRecord)
                    records.Add($"{record.PartitionKey} {Convert.ToHexString(record.Data.Span)} {record.ExplicitHashKey}");
                else
                    errors.Add($"{position} {code}");
            }
            catch (JsonException)
            {
                errors.Add($"{position} {HttpErrorCodes.MalformedJson}");
            }

            position++;
        }

        return (records, errors);
    }

    private static byte[] Line(Random random)
    {
        // Now and then more than is decoded at once.
        var data = new byte[random.Next(8) == 0 ? random.Next(4 * Base64InPlace.ScratchBytes) : random.Next(40)];
        random.NextBytes(data);
        var key = random.Next(4) == 0 ? "käy \\u0041" : $"key {random.Next(1000)}";
        var blank = random.Next(2) == 0 ? " " : "";
        return Encoding.UTF8.GetBytes($"{{\"partition_key\":{blank}\"{key}\",{blank}\"data\":{blank}\"{Convert.ToBase64String(data)}\"}}");
    }

    /// <summary>Nothing, or a few bytes changed; no line end, which would make two lines of one.</summary>
    private static byte[] Damage(Random random, byte[] line)
    {
        for (var damages = random.Next(3); damages > 0; damages--)
            line[random.Next(line.Length)] = random.Next(3) == 0 ? (byte)random.Next(11, 256) : (byte)"[]{}\",:0\\ =\t\r"[random.Next(13)];
        return line;
    }
}
