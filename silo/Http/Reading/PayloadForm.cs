namespace Orleans.Kpl.Http.Reading;

/// <summary>How an object carries a record's data.</summary>
internal enum PayloadForm
{
    /// <summary>Member <c>payload</c>: the data is the payload's JSON text.</summary>
    JsonText,

    /// <summary>Member <c>data</c>: the data is this base64 text, decoded.</summary>
    Base64,
}
