using Orleans.Kpl.Settings;

namespace Orleans.Kpl.Abstractions.Tests.Options;

public sealed class OpenFileTests : IDisposable
{
    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kpl-open-");

    /// <summary>Where others may put files, one may be theirs, whatever its mode; and they may have put it there a moment ago.</summary>
    [Theory]
    [InlineData(UnixFileMode.None, UnixFileMode.None, null)]
    [InlineData(UnixFileMode.OtherRead | UnixFileMode.GroupWrite, UnixFileMode.OtherRead | UnixFileMode.OtherExecute, null)]
    [InlineData(UnixFileMode.OtherWrite, UnixFileMode.None, "may write it")]
    [InlineData(UnixFileMode.None, UnixFileMode.OtherWrite, "may put files into")]
    [InlineData(UnixFileMode.None, UnixFileMode.OtherWrite | UnixFileMode.StickyBit, "may put files into")]
    public void FindError_OfAFile_SaysWhoMayHaveWrittenIt(UnixFileMode ofFile, UnixFileMode ofFolder, string? told)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such modes");
        var path = Path.Combine(_folder.FullName, "appsettings.json");
        File.WriteAllText(path, "{}");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, Own | ofFile);
            File.SetUnixFileMode(_folder.FullName, Own | ofFolder);
        }

        var error = OpenFile.FindError(path);

        Assert.Equal(told is null, error is null);
        Assert.Contains(told ?? "", error ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void FindError_OfNoFile_IsNone() => Assert.Null(OpenFile.FindError(Path.Combine(_folder.FullName, "appsettings.json")));

    public void Dispose() => _folder.Delete(recursive: true);
}
