using Orleans.Kpl.Producer.Setup;

namespace Orleans.Kpl.Producer.Tests.Backlog;

public sealed class BacklogFolderTests
{
    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Open = Own | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    [Theory]
    [InlineData(Open, Open, true)]
    [InlineData(Open, Own, false)]
    [InlineData(Own, Open, false)]
    public void FindWarnings_OfAStreamsFolder_TellsWhetherOthersReachIt(UnixFileMode all, UnixFileMode ofStream, bool warns)
    {
        if (OperatingSystem.IsWindows())
            return; // a folder there has the rights of the one above it
        using var folder = new TemporaryFolder();
        var stream = Directory.CreateDirectory(Path.Combine(folder.Path, "events"));
        stream.UnixFileMode = ofStream;
        File.SetUnixFileMode(folder.Path, all);

        Assert.Equal(warns, BacklogFolder.FindWarnings(new BacklogOptions { Directory = folder.Path }).Any());
    }
}
