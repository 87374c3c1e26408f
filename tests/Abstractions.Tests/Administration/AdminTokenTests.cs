using System.Security.Cryptography;
using Orleans.Kpl.Administration;

namespace Orleans.Kpl.Abstractions.Tests.Administration;

/// <remarks>Tests <see cref="AdminToken"/> and <see cref="AdminKeys"/>.</remarks>
public sealed class AdminTokenTests : IDisposable
{
    private static readonly DateTimeOffset Now = FakeTimeProvider.Start;
    private static readonly AdminCall Call = new("kpl", "orders", "SplitShard");
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(32);
    private static readonly byte[] Former = RandomNumberGenerator.GetBytes(32);

    private readonly DeployedFolder _folder = new();

    [Fact]
    public void Token_IsGoodForItsCallAlone()
    {
        var token = AdminToken.Create(Key, Call, Now);
        Assert.True(IsGood(token, [Key], Call, Now));
        Assert.True(IsGood(token, [Former, Key], Call, Now));
        Assert.False(IsGood(token, [Former], Call, Now));
        Assert.False(IsGood(token, [], Call, Now));
        Assert.All(
            [Call with { Cluster = "other" }, Call with { Stream = "payments" }, Call with { Method = "DropDeadLetters" }],
            other => Assert.False(IsGood(token, [Key], other, Now)));
    }

    /// <summary>The line of a call names the key, and tells nothing of it.</summary>
    [Fact]
    public void Token_NamesTheKeyThatItIsOf()
    {
        var token = AdminToken.Create(Key, Call, Now);
        Assert.Equal(AdminToken.NameOf(Key), AdminToken.FindKey(token, [Former, Key], Call, Now));
        Assert.NotEqual(AdminToken.NameOf(Former), AdminToken.NameOf(Key));
        Assert.Matches("^[0-9a-f]{8}$", AdminToken.NameOf(Key));
    }

    [Theory]
    [InlineData(-29, true)]
    [InlineData(-32, false)]
    [InlineData(0, true)]
    [InlineData(89, true)]
    [InlineData(92, false)]
    public void Token_IsGoodForAMinute_AndClocksMayBeHalfAMinuteApart(int seconds, bool isGood) =>
        Assert.Equal(isGood, IsGood(AdminToken.Create(Key, Call, Now), [Key], Call, Now.AddSeconds(seconds)));

    [Fact]
    public void Token_ThatIsMalformed_IsNotGood()
    {
        var token = AdminToken.Create(Key, Call, Now);
        var later = $"{Now.AddYears(1).ToUnixTimeSeconds()}{token[token.IndexOf('.', StringComparison.Ordinal)..]}";
        string[] bad =
        [
            "", ".", "1", "1.", ".x", "x.y", token[..^1], token + "=", token + "AAAA", " " + token, "-" + token, later, new('9', 100_000),
            $"1.{new string('A', 100_000)}",
        ];
        Assert.All(bad, b => Assert.False(IsGood(b, [Key], Call, Now)));
    }

    [Fact]
    public void Keys_ThatCannotBeUsed_AreToldOfWithoutTheirText()
    {
        var good = Convert.ToBase64String(Key);
        foreach (var text in new[] { "", "hush-hush", good + "\n" + good + "\n" + good, good[..40] })
        {
            var file = _folder.Write("keys", text);
            Assert.Null(AdminKeys.Read(file, out var error));
            Assert.Equal($"Kpl:Cluster:AdminKeyFile '{file}' holds no keys: it has one or two lines, each of 32 random bytes in base64", error);
        }
        Assert.Null(AdminKeys.Read(_folder.PathOf("missing"), out var missing));
        Assert.Contains("cannot be read", missing, StringComparison.Ordinal);
        Assert.Null(AdminKeys.Read(_folder.Write("keys", good + new string('\n', 4_096)), out var tooLong));
        Assert.EndsWith("is longer than 4096 bytes", tooLong, StringComparison.Ordinal);
    }

    [Fact]
    public void Keys_ThatChange_AreInForceWithinTwoSeconds_AndBadOnesAreNot()
    {
        var (time, told) = (new FakeTimeProvider(), new List<string>());
        var keys = AdminKeys.Open(_folder.Write("keys", Convert.ToBase64String(Former)), time, told.Add);
        _folder.Write("keys", $"{Convert.ToBase64String(Key)}\n{Convert.ToBase64String(Former)}\n");
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal([Key, Former], keys.Current);

        _folder.Write("keys", "nothing");
        for (var i = 0; i < 2; i++)
        {
            time.Advance(TimeSpan.FromSeconds(2));
            Assert.Equal([Key, Former], keys.Current);
        }
        Assert.Single(told);
    }

    public void Dispose() => _folder.Dispose();

    private static bool IsGood(string token, IReadOnlyList<byte[]> keys, in AdminCall call, DateTimeOffset now) =>
        AdminToken.FindKey(token, keys, call, now) is not null;
}
