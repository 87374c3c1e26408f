using System.Text;
using Orleans.Kpl.Run.Following;

namespace Orleans.Kpl.Run.Tests.Following;

public sealed class LineTrackerTests
{
    [Fact]
    public void Offset_IsBehindTheLastLineBeforeWhichNoneIsOpen()
    {
        var tracker = new LineTracker(100);
        var (first, second, third) = (tracker.Take(110), tracker.Take(120), tracker.Take(130));

        Assert.Equal(0, tracker.End(second));
        Assert.Equal((100, 3), (tracker.Offset, tracker.Open));
        Assert.Equal(2, tracker.End(first));
        Assert.Equal((120, 1), (tracker.Offset, tracker.Open));
        Assert.Equal(1, tracker.End(third));
        Assert.Equal((130, 0), (tracker.Offset, tracker.Open));
    }

    /// <summary>Whatever the order of the ends, the offset is what a simple count says.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Offset_InAnyOrder_IsTheCounted(int seed)
    {
        var random = new Random(seed);
        var tracker = new LineTracker(0);
        var open = new List<(long Number, long End)>();
        long taken = 0;
        for (var step = 0; step < 5000; step++)
        {
            if (open.Count < 300 && random.Next(2) == 0)
            {
                taken += random.Next(1, 9);
                open.Add((tracker.Take(taken), taken));
            }
            else if (open.Count > 0)
            {
                var at = random.Next(open.Count);
                tracker.End(open[at].Number);
                open.RemoveAt(at);
            }

            var firstOpen = open.Count > 0 ? open.MinBy(static line => line.Number) : (Number: long.MaxValue, End: 0);
            Assert.True(open.Count == 0 ? tracker.Offset == taken : tracker.Offset < firstOpen.End);
            Assert.True(tracker.Open >= open.Count);
        }
    }
}

/// <remarks>Tests <see cref="FileHead"/> and <see cref="FilePattern"/> too.</remarks>
public sealed class CheckpointTextTests
{
    [Fact]
    public void Read_OfWhatWasWritten_IsTheSame()
    {
        FilePosition[] positions = [new("/var/log/\u00e9 \"x\".log", 1L << 40, FileHead.Of(-5, "first"u8)), new("b", 0, FileHead.Of(0, []))];
        Assert.Equal(positions, CheckpointText.Read(CheckpointText.Write(positions)));
        Assert.Empty(CheckpointText.Read(CheckpointText.Write([])));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("""{"version":1,"files":[{"path":"x"}]}""")]
    [InlineData("""{"version":2,"files":[]}""")]
    public void Read_OfSomethingElse_IsRefused(string text) => Assert.Throws<FormatException>(() => CheckpointText.Read(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Head_KnowsAFileThatHasGrown_AndNoOther()
    {
        var head = FileHead.Of(7, "begin"u8);
        Assert.True(head.Is(7, "begin and more"u8));
        Assert.True(head.Is(0, "begin"u8)); // Where numbers are not told.
        Assert.False(head.Is(8, "begin"u8));
        Assert.False(head.Is(7, "other"u8)); // The number was used again, or the file was emptied.
        Assert.False(head.Is(7, "beg"u8));
        Assert.False(FileHead.Of(0, []).Is(0, "anything"u8));
    }

    [Theory]
    [InlineData("/var/log/app.log", "app.log", true)]
    [InlineData("/var/log/app.log", "app.log.1", false)]
    [InlineData("/var/log/app.log*", "app.log.1", true)]
    [InlineData("/var/log/app.log*", "app.log.2.gz", false)]
    [InlineData("/var/log/*", "x", true)]
    [InlineData("/var/log/a?c", "abc", true)]
    [InlineData("/var/log/a?c", "abbc", false)]
    [InlineData("/var/log/A*", "abc", false)]
    public void Pattern_FitsNames(string path, string name, bool fits) => Assert.Equal(fits, FilePattern.Parse(path)!.Fits(name, ["*.gz"]));

    [Theory]
    [InlineData("/var/*/app.log")]
    [InlineData("/var/log/")]
    public void Pattern_OfFolders_IsRefused(string path) => Assert.Null(FilePattern.Parse(path));
}
