using System.Security.Cryptography;
using Orleans.Kpl.Aws.Hashing;

namespace Orleans.Kpl.Aws.Tests.Hashing;

/// <summary>Lanes against the platform's SHA-256.</summary>
/// <remarks>Tests <see cref="Sha256Kernel"/>.</remarks>
public class Sha256LanesTests
{
    private const int MostLengths = 9_000;

    [Fact]
    public void Hash_WhenMessagesHaveEachLength_AreThePlatforms()
    {
        var lengths = Enumerable.Range(0, MostLengths + 1).ToArray();
        new Random(1).Shuffle(lengths);

        AssertRight(lengths);
    }

    [Fact]
    public void Hash_WhenAnyNumberOfLanesIsFilled_AreThePlatforms()
    {
        var random = new Random(3);
        for (var count = 0; count <= 3 * Sha256Kernel.Lanes; count++)
        {
            AssertRight([.. Enumerable.Repeat(4_096, count)]);
            AssertRight([.. Enumerable.Range(0, count).Select(_ => random.Next(300_000))]);
        }
    }

    private static void AssertRight(int[] lengths)
    {
        Assert.SkipUnless(Sha256Kernel.IsSupported, "this processor has no lanes");
        var messages = lengths.Select(Message).ToArray();

        Sha256Lanes.Hash(messages);

        Assert.All(messages, m => Assert.Equal(Convert.ToHexString(SHA256.HashData(m.Buffer.AsSpan(0, m.Length))), Convert.ToHexString(m.Digest)));
    }

    private static LaneMessage Message(int length)
    {
        var buffer = new byte[length + Sha256Lanes.MostPadding];
        new Random(length).NextBytes(buffer);
        return new LaneMessage(buffer, length, new byte[SHA256.HashSizeInBytes]);
    }
}
