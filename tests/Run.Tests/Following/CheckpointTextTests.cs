using System.Text;
using Orleans.Kpl.Run.Following;

namespace Orleans.Kpl.Run.Tests.Following;

/// <remarks>Tests <see cref="FileHead"/> and <see cref="FilePattern"/> too.</remarks>
public sealed class CheckpointTextTests
{
    [Fact]
    public void Read_OfWhatWasWritten_IsTheSame()
    {
        FilePosition[] positions = [new("/var/log/\u00e9 \"x\".log", FileHead.Of(-5, "first"u8), 1L << 40), new("b", FileHead.Of(0, []), 0)];
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
    [InlineData("/var/log/app.log.2.gz", "app.log.2.gz", true)]
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
