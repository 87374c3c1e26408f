namespace Orleans.Kpl.Texts;

/// <summary>Says why a file cannot be opened, without the words of .NET and the path that stands before it anyway.</summary>
internal static class FileFault
{
    public static string Describe(Exception exception, string path) => exception switch
    {
        FileNotFoundException or DirectoryNotFoundException => "there is no such file",
        UnauthorizedAccessException when Directory.Exists(path) => "it is a folder",
        UnauthorizedAccessException => "this user may not open it",
        _ => exception.Message,
    };
}
