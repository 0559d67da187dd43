/// What is wrong with a data set, where, and what to do. The options named are those of the command line.
package enum DatasetError: Error, Sendable, Equatable, CustomStringConvertible {
    case empty
    case oneColumn(separator: String?)
    case notText(line: Int)
    case lineTooLong(line: Int)
    case quote(line: Int, column: Int)
    /// A line has other than `expected` fields, the number of line `of`.
    case width(line: Int, fields: Int, expected: Int, of: Int)
    case missing(line: Int, column: String)
    case missingLabel(line: Int, column: String)
    case emptyColumn(String)
    case notANumber(line: Int, column: String, value: String)
    case labelRange(line: Int, column: String, value: String, classes: Int)
    case labelNotAClass(line: Int, column: String, value: String)
    case targetNotANumber(line: Int, column: String, value: String)
    case task(found: DataSchema.LearningTask, needed: DataSchema.LearningTask)
    case unknownClass(line: Int, column: String, value: String, known: [String])
    case classNames([String], needed: Int)
    case classOption(String)
    case oneClass(String, column: String)
    case tooManyClasses(column: String)
    case perhapsHeader(line: Int, column: String, value: String)
    case noSuchColumn(String, have: String)
    case ambiguousColumn(String, at: [Int])
    case sklearnLine(String)
    case notSklearn(String)
    case announcedRows(Int, found: Int)
    case announcedColumns(Int, found: Int, line: Int)
    case noLabels
    case inputs(found: Int, needed: Int)
    case scaledToInfinity(line: Int, column: String, value: Float)
    case schema(String)
    case partition(String)
    case arrayFile(String)
    case noLabelArray
    case labelsBesideCSV
    case noText
    case longText(most: Int)
    case tableForText

    package var description: String {
        switch self {
        case .empty: "there are no rows; give a CSV file with one labelled row a line"
        case .oneColumn(let separator):
            separator.map { "the fields seem to be separated by '\($0 == "\t" ? "tab" : $0)'; separate them by commas" }
                ?? "there is only one column; features and a label are needed, separated by commas"
        case .notText(let line): "line \(line) is not UTF-8 text; save the file as CSV in UTF-8"
        case .lineTooLong(let line):
            "line \(line) is longer than \(Limits.csvLineBytes) bytes; give a CSV file with one row a line"
        case .quote(let line, let column):
            "line \(line), column \(column) (from 0): a double quote is not closed, or something follows it; close it, and write \"\" for a quote inside a field"
        case .width(let line, let fields, let expected, let of):
            "line \(line) has \(fields) \(fields == 1 ? "field" : "fields"), line \(of) has \(expected); mend the line, or say what the first line is with --header yes|no|sklearn"
        case .missing(let line, let column):
            "line \(line), column \(column): the value is missing; fill it in, or give --missing mean or --missing NUMBER"
        case .missingLabel(let line, let column):
            "line \(line), column \(column): the label is missing; fill it in, leave the row out, or choose the label column with --label NAME or --label INDEX"
        case .emptyColumn(let column):
            "column \(column) has no value at all, so no mean; leave it out, or give --missing NUMBER"
        case .notANumber(let line, let column, let value):
            "line \(line), column \(column): '\(excerpt(value))' is not a number, and features must be; if it is the label, choose it with --label NAME or --label INDEX; if line \(line) is a header, give --header yes"
        case .labelRange(let line, let column, let value, let classes):
            "line \(line), column \(column): label '\(excerpt(value))' is out of range; labels are whole numbers from 0 to \(classes - 1), or names"
        case .labelNotAClass(let line, let column, let value):
            "line \(line), column \(column): '\(excerpt(value))' is not a class; choose the label column with --label NAME or --label INDEX, or give --task regression if it is a number to predict"
        case .targetNotANumber(let line, let column, let value):
            "line \(line), column \(column): '\(excerpt(value))' is not a number, and what a regression predicts must be; choose the column with --label NAME or --label INDEX; if line \(line) is a header, give --header yes; if it is a class, leave out --task regression"
        case .task(_, .regression): "the labels are read as classes, and a regression is asked for; give --task regression"
        case .task(_, .classification): "the labels are read as numbers to predict, and classes are asked for; leave out --task regression"
        case .task(_, .language): "the file is a table, and text is asked for; give a .txt file or a folder of .txt files"
        case .unknownClass(let line, let column, let value, let known):
            "line \(line), column \(column): '\(excerpt(value))' is none of the known classes \(list(known)); mend the label, or name all classes with --classes"
        case .classNames(let names, let needed):
            "there are \(names.count) class names (\(list(names))) for \(needed) classes; name all of them in order with --classes A,B,C"
        case .classOption(let text):
            "--classes is '\(excerpt(text))'; give how many classes there are (2 to \(Limits.labels)), or at least two different names in order: A,B,C"
        case .oneClass(let name, let column):
            "column \(column) says '\(excerpt(name))' in every row, so the file does not tell the other classes; name all of them in order with --classes A,B,C"
        case .tooManyClasses(let column):
            "column \(column) has more than \(Limits.labels) different values, too many for classes; choose the label column with --label NAME or --label INDEX"
        case .perhapsHeader(let line, let column, let value):
            "line \(line), column \(column): '\(excerpt(value))' is a name where every other label is a number; if line \(line) is a header, give --header yes, else --header no"
        case .noSuchColumn(let name, let have):
            "there is no column '\(excerpt(name))', there are \(excerpt(have, 400)); choose the label column with --label NAME or --label INDEX"
        case .ambiguousColumn(let name, let at):
            "columns \(at.map(String.init).joined(separator: ", ")) (from 0) are all called '\(excerpt(name))'; choose one with --label INDEX"
        case .sklearnLine(let text):
            "the first line '\(excerpt(text))' is scikit-learn's 'rows,columns,class,class,…', not a row; give --header sklearn"
        case .notSklearn(let text):
            "the first line '\(excerpt(text))' is not scikit-learn's 'rows,columns,class,class,…'; leave out --header sklearn"
        case .announcedRows(let announced, let found):
            "the first line announces \(announced) rows, the file has \(found); fetch the file again, it may be cut off"
        case .announcedColumns(let announced, let found, let line):
            "the first line announces \(announced) columns and a label, line \(line) has \(found) fields; mend the file, or leave out --header sklearn"
        case .noLabels: "the rows have no labels, which are needed here; choose the label column with --label NAME or --label INDEX"
        case .inputs(let found, let needed):
            "the rows have \(found) features, \(needed) are needed; give the file the model was made for, or choose the label column with --label"
        case .scaledToInfinity(let line, let column, let value):
            "line \(line), column \(column): \(value) is no finite number after scaling; mend the value, or choose another --scale"
        case .schema(let problem): "the data cannot be used: \(problem)"
        case .partition(let problem): problem
        case .arrayFile(let problem): problem
        case .noLabelArray: "the file has rows and no classes; give the file with a class for each row with --labels FILE"
        case .labelsBesideCSV: "a CSV file holds its labels in a column; leave out --labels, and choose the column with --label"
        case .noText: "there is no text; give a .txt file, or a folder of .txt files, with something in them"
        case .longText(let most): "the text has more than \(most) bytes, and every round's model is measured on all of it; give a shorter one"
        case .tableForText: "a table is no text; give a .txt file or a folder of .txt files, or --task classification or regression"
        }
    }
}

/// The beginning of a text from outside, with nothing in it that a terminal would obey.
private func excerpt(_ text: String, _ length: Int = 40) -> String {
    var out = ""
    for c in text.unicodeScalars.prefix(length) {
        out.unicodeScalars.append(c.properties.generalCategory == .control || c.properties.generalCategory == .format ? "?" : c)
    }
    return text.unicodeScalars.count > length ? out + "…" : out
}

private func list(_ names: [String]) -> String {
    let shown = names.prefix(8).map { excerpt($0) }.joined(separator: ", ")
    return names.count > 8 ? shown + ", …" : shown
}
